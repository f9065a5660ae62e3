// The run as a whole: metrics with intervals, confusion, claims, timings, manifest.
const interval = (value) => (isNumber(value.low) && isNumber(value.high) ? ` [${percent(value.low)}, ${percent(value.high)}]` : "");

// Every value that could be has its line: that there is none of it is a finding too.
function distribution(values, colour, expected) {
  const counted = tally(values);
  for (const name of expected) if (!counted.has(name)) counted.set(name, 0);
  const counts = [...counted], largest = Math.max(...counts.map((pair) => pair[1]), 1);
  return h("div", { class: "bars" }, counts.sort((a, b) => expected.indexOf(a[0]) - expected.indexOf(b[0])).flatMap(([name, count]) => [
    h("span", { class: "name" }, colour ? labelMark(name) : languageName(name) === name ? word(name) : languageName(name)),
    h("div", { class: "bar", role: "img", "aria-label": `${name} ${count}` }, h("i", { style: { width: (100 * count) / largest + "%", background: colour ? colour(name) : "var(--accent)" } })),
    h("span", { class: "value" }, count),
  ]));
}

function confusion() {
  const counts = tally(CLIPS.filter((clip) => isText(clip.truth)).map((clip) => clip.truth + "\n" + clip.label));
  const truths = DATA.labels.filter((label) => CLIPS.some((clip) => clip.truth === label));
  const rows = truths.map((truth) => {
    const cells = DATA.labels.map((label) => counts.get(truth + "\n" + label) || 0), total = Math.max(cells.reduce((a, b) => a + b, 0), 1);
    return h("tr", {}, h("th", { scope: "row", title: truth }, labelText(truth)), cells.map((count, column) =>
      h("td", { style: { background: `color-mix(in srgb, var(--accent) ${Math.round((70 * count) / total)}%, transparent)` } },
        h("button", { type: "button", "aria-label": `${truth} → ${DATA.labels[column]}: ${count}`,
          on: { click: () => { state.cell = [truth, DATA.labels[column]]; applyFilters(); step(1); } } }, count))));
  });
  return h("div", { class: "scroll" }, h("table", { class: "matrix" }, h("caption", {}, words().confusion),
    h("thead", {}, h("tr", {}, h("td", {}), DATA.labels.map((label) => h("th", { scope: "col", title: label }, labelText(label))))), h("tbody", {}, rows)));
}

function metricsCard() {
  const w = words(), metrics = record(DATA.metrics), rows = list(metrics.rows).map(record);
  if (!rows.length) return null;
  const lost = `${DATA.headline.right} ${w.right} · ${DATA.headline.labelled} ${w.labelled} · ` +
    `${CLIPS.filter((clip) => !isText(clip.truth)).length} ${w.unlabelled} · ${DATA.headline.lost} ${w.lost}`;
  const number = (row, value) => (row.name === "qwk" ? (isNumber(value) ? value.toFixed(3) : "–") : percent(value));
  return card(w.metrics, [badge(w.intervals(Math.round(100 * metrics.level), metrics.resamples))],
    h("table", { id: "metrics" }, h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, w.metric[row.name] || row.name), h("td", { class: "number" }, number(row, row.value)),
      h("td", { class: "number muted" }, isNumber(row.low) ? `${number(row, row.low)} – ${number(row, row.high)}` : "–"))))),
    h("p", { class: "foot" }, lost));
}

function classesCard() {
  const w = words(), classes = list(record(DATA.metrics).classes).map(record).filter((row) => row.support);
  if (!classes.length) return null;
  const head = [w.label, w.clipsOf, w.recall, w.wilson, w.precision, "F1"];
  return card(w.classes, [], h("table", {}, h("thead", {}, h("tr", {}, head.map((name, i) => h("th", { scope: "col", class: i ? "number" : "" }, name)))),
    h("tbody", {}, classes.map((row) => h("tr", {}, h("th", { scope: "row" }, labelMark(row.label)), h("td", { class: "number" }, row.support), h("td", { class: "number" }, percent(row.recall)),
      h("td", { class: "number muted" }, `${percent(row.low)} – ${percent(row.high)}`), h("td", { class: "number" }, percent(row.precision)), h("td", { class: "number" }, percent(row.f1)))))));
}

function claimsCard() {
  const w = words(), claims = record(DATA.claims);
  if (!DATA.claims) return null;
  const rows = ["", ...MODALITIES].map((modality) => {
    const counts = list(record(claims.by_modality)[modality]), total = Math.max(counts.reduce((a, b) => a + b, 0), 1);
    const strip = h("div", { class: "strip", role: "img", "aria-label": VERDICTS.map((verdict, i) => `${counts[i]} ${w.verdict[verdict]}`).join(", ") },
      VERDICTS.map((verdict, i) => h("i", { class: verdict, style: { width: (100 * counts[i]) / total + "%" } })));
    return h("tr", {}, h("th", { scope: "row" }, modality ? modalityName(modality) : w.all), h("td", { class: "wide" }, strip), counts.map((count) => h("td", { class: "number" }, count)));
  });
  const rates = VERDICTS.filter((name) => record(claims.rates)[name]).map((name) => `${w.verdict[name]} ${percent(claims.rates[name].value)}${interval(claims.rates[name])}`).join(" · ");
  return card(w.claims, [badge(`${w.textShare} ${percent(claims.share)}`), claims.silent ? badge(`${claims.silent} ${w.silent}`, "warn") : null],
    h("table", {}, h("thead", {}, h("tr", {}, h("td", {}), h("td", {}), VERDICTS.map((name) => h("th", { class: "number", scope: "col" }, w.verdict[name])))), h("tbody", {}, rows)),
    rates ? h("p", { class: "foot" }, rates) : null);
}

function timingsCard() {
  const w = words(), rows = list(DATA.timings).map(record).filter((row) => row.n);
  if (!rows.length) return null;
  const most = Math.max(...rows.map((row) => row.sum), 1e-9), number = (value) => (isNumber(value) ? value.toFixed(2) : "–");
  const measures = (row) => [row.sum, row.median, row.p95, row.most].map((value) => h("td", { class: "number" }, number(value)));
  const outcomes = (row) => Object.entries(record(row.outcomes)).map(([name, count]) => badge(`${count} ${word(name)}`, { ok: "good", error: "bad" }[name] || "warn"));
  const strip = (row) => h("div", { class: "bar thin" }, h("i", { style: { width: (100 * row.sum) / most + "%", background: "var(--accent)" } }));
  const head = h("tr", {}, h("th", { scope: "col" }, w.stage), h("td", {}),
    [w.sum, w.median, "p95", w.most].map((name) => h("th", { class: "number", scope: "col" }, name)), h("th", { scope: "col" }, w.outcome));
  return card(w.timings, [badge(seconds(rows.reduce((sum, row) => sum + row.sum, 0), 2))], h("table", { id: "timings" }, h("thead", {}, head),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, stageName(row.stage)), h("td", { class: "wide" }, strip(row)), measures(row), h("td", {}, outcomes(row)))))));
}

// How many clips a reader should look at twice, and why; each line filters the list.
function flagCounts() {
  const w = words(), names = ["close", "conflict", "range", "unsure", "missing", "apart"], count = (name) => CLIPS.filter((clip) => list(clip.flags).includes(name)).length;
  return h("div", { class: "bars" }, names.flatMap((name) => [h("span", { class: "name", title: w.flagMeans[name] }, w.flags[name]),
    h("div", { class: "bar", role: "img", "aria-label": `${w.flags[name]} ${count(name)}` }, h("i", { style: { width: (100 * count(name)) / Math.max(CLIPS.length, 1) + "%", background: "var(--warn)" } })),
    h("span", { class: "value" }, count(name))]));
}

function renderOverview() {
  const w = words(), facts = DATA.manifest.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value)]);
  const problems = DATA.problems.map((problem) => h("tr", {}, h("td", { class: "mono" }, problem.file), h("td", {}, problem.message)));
  const beside = (...cards) => (cards.some(Boolean) ? h("div", { class: "grid" }, cards.filter(Boolean).map((one) => h("div", {}, one))) : null);
  return [
    h("div", { class: "head" }, backButton(), h("h2", {}, w.overview), badge(`${CLIPS.length} ${w.clips}`)),
    CLIPS.length ? aboutNotice() : h("p", { class: "notice" }, w.empty),
    beside(metricsCard(), LABELLED && CLIPS.length ? card(w.confusionTitle, [], confusion()) : null),
    CLIPS.length ? h("div", { class: "grid" },
      card(w.distribution, [], distribution(CLIPS.map(FIELDS.label), labelColour, DATA.labels)),
      h("div", {}, card(w.statuses, [], distribution(CLIPS.map(FIELDS.status), null, ["ok", "partial", "fallback"])), card(w.languages, [], distribution(CLIPS.map(FIELDS.language), null, ["zh", "en", ""])),
        card(w.flagsTitle, [], flagCounts()))) : null,
    classesCard(), changesCard(), explanationCard(), claimsCard(), timingsCard(),
    DATA.problems.length ? card(w.unreadable, [badge(DATA.problems.length, "bad")], h("table", {}, h("tbody", {}, problems))) : null,
    card(w.run, [badge(DATA.run)], facts.length
      ? h("details", {}, h("summary", {}, `run_manifest.json (${facts.length / 2})`), h("dl", { class: "pairs" }, facts)) : h("p", { class: "muted" }, w.noManifest)),
  ];
}
