// Why the label was decided as it was: the judgement in a sentence, the argument as a picture, and what other labels lack.
const labelText = (label) => record(record(DATA.words).labels?.[state.interface])[label] || label;
const readingText = (reading) => record(record(DATA.words).readings?.[state.interface])[reading] || labelText(reading);
const FLAG_TONE = { fallback: "bad", close: "warn", conflict: "warn", range: "warn", unsure: "warn", missing: "warn", apart: "warn" };
const POLARITIES = ["negative", "positive"];

function flagBadges(flags) {
  const w = words();
  return list(flags).filter((flag) => FLAG_TONE[flag]).map((flag) => h("span", { class: "badge " + FLAG_TONE[flag], title: w.flagMeans[flag] }, w.flags[flag]));
}

function judgementCard(clip) {
  const w = words(), judged = record(clip.judgement), sentence = record(judged.sentence)[state.interface];
  if (!isText(sentence)) return null;
  const failing = Object.entries(record(clip.checks)).filter(([, why]) => isText(why));
  const far = sources(list(judged.far).filter(isText)).map(modalityName);
  const notes = list(judged.flags).filter((flag) => FLAG_TONE[flag]).map((flag) =>
    h("li", {}, h("b", {}, w.flags[flag]), " – ", w.flagMeans[flag], flag === "range" && far.length ? ` (${far.join(", ")})` : ""));
  return h("section", { class: "card judgement", id: "judgement", style: { "border-left-color": DATA.labels.includes(judged.label) ? labelColour(judged.label) : "var(--line)" } },
    h("p", { class: "say" }, sentence), notes.length ? h("ul", { class: "flags" }, notes) : null,
    failing.length ? h("p", { class: "foot" }, badge(w.textFails, "bad"), " ", failing.map(([name, why]) => `${w.checks[name] || name}: ${translated(why)}`).join("; ")) : null);
}

// The argument as a picture: what each modality says by itself, and an arrow as wide as its share in P(label).
function argumentPicture(argument) {
  const w = words(), views = new Map(list(argument.views).map(record).filter((view) => isNumber(view.share)).map((view) => [view.modality, view]));
  if (!views.size || !DATA.labels.includes(argument.label)) return null;
  const rows = sources([...new Set([...views.keys(), ...Object.keys(record(argument.missing))])].filter(isText));
  const height = rows.length * 66, middle = height / 2, most = Math.max(...[...views.values()].map((view) => Math.abs(view.share)), 1e-6);
  const parts = [], told = [];
  const ends = rows.map((_, index) => middle + (index - (rows.length - 1) / 2) * 20);
  rows.forEach((name, index) => {
    const top = 66 * index + 5, y = top + 28, view = views.get(name);
    parts.push(svg("rect", { x: 1, y: top, width: 176, height: 56, rx: 9, class: "box " + (!view ? "none" : MODALITIES.includes(name) ? name : "outside") }),
      svg("text", { x: 12, y: top + 18, class: "who" }, modalityName(name)));
    if (!view) { parts.push(svg("text", { x: 12, y: top + 36, class: "says" }, w.missing)); told.push(`${modalityName(name)}: ${w.missing}`); return; }
    const reading = isText(view.reading) && !DATA.labels.includes(view.reading) && !POLARITIES.includes(view.reading) ? (w.readsAs[name] || w.readsAs.outside)(readingText(view.reading), view.reading_probability) : "";
    parts.push(svg("text", { x: 12, y: top + 34, class: "says" }, `${labelText(view.label)} ${isNumber(view.probability) ? view.probability.toFixed(2) : ""}`), svg("text", { x: 12, y: top + 49, class: "reads" }, reading));
    const width = 1.5 + (13 * Math.abs(view.share)) / most, toward = view.share >= 0, end = ends[index];
    parts.push(svg("path", { d: `M178 ${y}C250 ${y} 255 ${end} 322 ${end}`, class: "arrow " + (toward ? "for" : "against"), "stroke-width": width.toFixed(1) }),
      svg("path", { d: `M320 ${end - 4 - width / 2}L336 ${end}L320 ${end + 4 + width / 2}Z`, class: "tip " + (toward ? "for" : "against") }),
      svg("text", { x: 196, y: y + (index < (rows.length - 1) / 2 ? -11 - width / 4 : 20 + width / 4), class: "share " + (toward ? "for" : "against") }, (view.share > 0 ? "+" : "") + view.share.toFixed(2)));
    told.push(`${modalityName(name)}: ${labelText(view.label)}, ${signed(view.share)}`);
  });
  const result = svg("rect", { x: 338, y: middle - 36, width: 121, height: 72, rx: 11, class: "box result" });
  result.style.setProperty("stroke", labelColour(argument.label));
  parts.push(result,
    svg("text", { x: 398, y: middle - 9, class: "code" }, argument.label), svg("text", { x: 398, y: middle + 9, class: "result-words" }, labelText(argument.label)),
    svg("text", { x: 398, y: middle + 26, class: "result-words" }, isNumber(argument.probability) ? `P ${argument.probability.toFixed(2)}` : ""));
  const picture = svg("svg", { viewBox: `0 0 460 ${height}`, class: "argument", role: "img", "aria-label": `${told.join("; ")} → ${labelText(argument.label)}` }, ...parts);
  return picture;
}

function argumentCard(clip) {
  const w = words(), argument = record(clip.argument), picture = argumentPicture(argument), reasoning = record(clip.reasoning);
  const other = whyNot(clip);
  if (!picture && !other) return null;
  const attribution = record(clip.attribution), label = labelText(attribution.label);
  const sum = isNumber(attribution.full) && isNumber(attribution.empty) ? w.attributed(label, percent(attribution.empty), percent(attribution.full)) : "";
  const own = argument.label === record(clip.prediction).label;
  const made = card(w.why, [picture && isText(argument.strategy) ? badge(strategyName(argument.strategy)) : null, picture ? badge(w.measured, "good") : null],
    picture && (reasoning.is_language_model || !own) ? h("p", { class: "foot" }, w.headsOnly) : null, picture,
    picture ? h("p", { class: "foot" }, [w.arrows, sum].filter(isText).join(" · ")) : null, other);
  made.classList.add("decided");
  return made;
}

// A model's answer beside what the heads measured together, and which modalities lean its way or the other.
function comparedLine(clip) {
  const w = words(), answer = record(clip.answer), beside = record(answer.measured);
  if (!isText(answer.label) || !DATA.labels.includes(beside.label)) return null;
  const named = (names) => list(names).filter(isText).map(sourceName);
  const withIt = named(beside.with_answer), against = named(beside.against_answer);
  return h("p", { class: "foot", id: "compared" }, badge(beside.steps > 0 ? w.flags.apart : w.sameAsMeasured, beside.steps > 0 ? "warn" : "good"), " ",
    beside.steps > 0 ? w.apart(labelText(answer.label), labelText(beside.label), isNumber(beside.probability) ? beside.probability.toFixed(2) : "", beside.steps) : "",
    withIt.length ? " " + w.leansWith(withIt) : "", against.length ? " " + w.leansAgainst(against) : "");
}

// What a label that was not chosen lacks: only numbers that the run measured.
function whyNot(clip) {
  const w = words(), own = record(clip.prediction).label, reasons = record(clip.why_not), asked = DATA.labels.filter((label) => isNumber(record(reasons[label]).probability));
  if (!asked.length) return null;
  const answer = h("p", { id: "why-not", class: "answer", role: "status", hidden: true });
  const buttons = asked.map((label) => h("button", { type: "button", class: "chip", "aria-pressed": "false", "data-label": label, on: { click: (event) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button === event.currentTarget));
    answer.hidden = false;
    answer.replaceChildren(...whyNotText(record(reasons[label]), label, own, record(clip.argument)).map((part) => h("span", {}, part, " ")));
  } } }, w.whyNot(labelText(label))));
  return h("div", { class: "sub asked" }, h("div", { class: "switches" }, buttons), answer);
}

function whyNotText(reason, label, own, argument) {
  const w = words(), name = labelText(label), chosen = labelText(own), flip = record(reason.flip), least = record(argument.flip);
  const given = Object.entries(record(reason.alone)).filter(([, pair]) => list(pair).length === 2 && pair.every(isNumber));
  const rather = given.filter(([, [x, mine]]) => x > mine).map(([source, [x, mine]]) => w.gives(sourceName(source), x.toFixed(2), mine.toFixed(2)));
  const parts = [w.behind(name, reason.probability.toFixed(2), (100 * reason.behind).toFixed(0), chosen), rather.length ? w.rather(rather, name, chosen) : w.nobody(name, chosen)];
  if (isNumber(flip.amount)) parts.push(w.flips(name, Math.max(100 * flip.amount, 1).toFixed(0), sourceName(flip.modality), labelText(flip.to)));
  else if (reason.searched) parts.push(w.noFlip(name));
  else if (isNumber(least.amount)) parts.push(w.otherFlip(Math.max(100 * least.amount, 1).toFixed(0), sourceName(least.modality), labelText(least.to), labelText(least.label)));
  return parts;
}

const sourceName = (name) => words().theModality[name] || modalityName(name);
const strategyName = (name) => words().strategies[name] || String(name).replaceAll("_", " ");

// The measurements that moved a modality, with their share in P(label).
function cueList(view) {
  const cues = list(view.cues).map(record).filter((cue) => isNumber(cue.share));
  if (!cues.length) return null;
  return h("ul", { class: "cues" }, cues.map((cue) => h("li", {},
    h("span", { class: "share " + (cue.share >= 0 ? "for" : "against") }, signed(cue.share)), ((told) => (isNumber(cue.start) ? h("button", { type: "button", class: "link", on: { click: () => seek(cue.start) } }, told) : h("span", {}, told)))(String(record(cue.told)[state.interface] || cue.feature || "")),
    isNumber(cue.z) && Math.abs(cue.z) > 3 ? badge(words().flags.range, "warn") : null)));
}

// Text whose words are coloured by what they did; offsets count code points.
function effectProse(text, effects) {
  const characters = Array.from(text), nodes = [];
  let at = 0;
  for (const [start, end, share] of list(effects).filter((one) => list(one).length === 3 && one.every(isNumber))) {
    if (start < at || end > characters.length || end <= start) continue;
    nodes.push(characters.slice(at, start).join(""), h("mark", { class: share >= 0 ? "for" : "against", title: words().moved(signed(share)) }, characters.slice(start, end).join("")));
    at = end;
  }
  nodes.push(characters.slice(at).join(""));
  return nodes;
}

function explanationCard() {
  const w = words(), found = record(DATA.explanation), figures = record(found.figures);
  if (!DATA.explanation) return null;
  const groups = ["all", "zh", "en"].filter((name) => figures[name]), names = Object.keys(record(figures.all));
  const cell = (rate) => (rate.n ? `${rate.holds}/${rate.n}` : "–");
  const range = (rate) => (list(rate.interval).length === 2 ? `${percent(rate.interval[0])} – ${percent(rate.interval[1])}` : "–");
  const head = h("tr", {}, h("td", {}), groups.map((name) => h("th", { class: "number", scope: "col" }, name === "all" ? w.all : languageName(name))), h("th", { class: "number", scope: "col" }, w.wilson));
  const rows = names.map((name) => h("tr", {}, h("th", { scope: "row" }, w.checks[name] || name), groups.map((group) => h("td", { class: "number" }, cell(record(figures[group][name])))),
    h("td", { class: "number muted" }, range(record(figures.all[name])))));
  const failures = list(found.failures).map(record).slice(0, 50).map((one) => h("tr", {}, h("td", {}, h("button", { type: "button", class: "link", on: { click: () => open(one.id, true) } }, String(one.id))),
    h("td", {}, w.checks[one.check] || String(one.check)), h("td", {}, translated(String(one.why)))));
  return card(w.explanation, [badge(`${found.n} ${w.textsChecked}`)], h("table", { id: "explanation" }, h("thead", {}, head), h("tbody", {}, rows)),
    failures.length ? h("details", { open: failures.length < 6 }, h("summary", {}, `${w.failures} (${list(found.failures).length})`), h("table", {}, h("tbody", {}, failures))) : h("p", { class: "foot" }, w.noFailures));
}
