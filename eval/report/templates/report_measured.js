// Numbers of the decision: probabilities, what each modality contributed (measured twice, and claimed), samples.
function labelBars(values) {
  return h("div", { class: "bars" }, DATA.labels.flatMap((label, index) => [
    labelMark(label),
    h("div", { class: "bar", role: "img", "aria-label": `${label} ${percent(values[index])}` },
      h("i", { style: { width: 100 * values[index] + "%", background: labelColour(label) } })),
    h("span", { class: "value" }, percent(values[index])),
  ]));
}

const fiveNumbers = (values) => list(values).length === DATA.labels.length && list(values).every(isNumber);

function probabilityCard(clip) {
  const w = words(), prediction = record(clip.prediction), own = record(clip.reasoning).label_probabilities;
  return card(w.probabilities, [isText(prediction.strategy) ? badge(strategyName(prediction.strategy)) : null],
    fiveNumbers(prediction.probabilities) ? labelBars(prediction.probabilities) : h("p", { class: "muted" }, w.noProbabilities),
    fiveNumbers(own) ? h("div", { class: "sub", id: "own" }, h("h4", {}, w.ownProbabilities), labelBars(own)) : null);
}

// The seven emotions, pooled and by modality, whatever space the label is of, with intensity, arousal and open words.
function emotionCard(clip) {
  const w = words(), found = record(clip.emotions), labels = list(found.labels), pooled = list(found.probabilities), by = record(found.by_modality);
  if (!labels.length || labels.length !== pooled.length || !pooled.every(isNumber)) return null;
  const names = sources(Object.keys(by)).filter((name) => list(by[name]).length === labels.length && by[name].every(isNumber));
  const head = h("tr", {}, h("td", {}), h("th", { class: "number", scope: "col" }, w.pooledEmotion), names.map((name) => h("th", { class: "number", scope: "col" }, modalityName(name))));
  const order = labels.map((label, index) => index).sort((a, b) => pooled[b] - pooled[a]);
  const rows = order.map((index) => h("tr", {}, h("th", { scope: "row" }, readingText(labels[index])),
    h("td", { class: "number" }, percent(pooled[index])), names.map((name) => h("td", { class: "number muted" }, percent(by[name][index])))));
  const degrees = [["intensity", found.intensity], ["arousal", found.arousal]].filter(([, value]) => isNumber(value)).map(([name, value]) => badge(`${w[name]} ${percent(value)}`));
  const open = list(found.words).map(record).filter((one) => isText(one.word)).map((one) =>
    h("li", {}, h("b", {}, record(one.names)[state.interface] || one.word), ` – ${list(one.evidence).map((part) => translated(String(part))).join(", ")}`));
  const silent = sources(Object.keys(record(found.missing))).filter((name) => isText(record(found.missing)[name])).map((name) => `${modalityName(name)}: ${translated(found.missing[name])}`);
  return h("section", { class: "card", id: "emotions" }, h("h3", {}, w.emotions, ...degrees),
    h("table", {}, h("thead", {}, head), h("tbody", {}, rows)), open.length ? h("ul", { class: "flags" }, open) : null,
    silent.length ? h("p", { class: "foot" }, silent.join(" · ")) : null);
}

function measuredPart(attribution, title, explain, id) {
  const w = words(), values = record(attribution.values), names = sources(Object.keys(values)).filter((name) => isNumber(values[name]));
  if (!names.length) return null;
  const largest = Math.max(...names.map((name) => Math.abs(values[name])), 1e-6);
  const bars = names.flatMap((name) => {
    const share = (50 * Math.abs(values[name])) / largest;
    return [
      h("span", { class: "name" }, modalityName(name)),
      h("div", { class: "bar signed", role: "img", "aria-label": `${modalityName(name)} ${signed(values[name])}` },
        h("i", { style: { left: (values[name] < 0 ? 50 - share : 50) + "%", width: share + "%", background: modalityColour(name) } })),
      h("span", { class: "value" }, signed(values[name])),
    ];
  });
  const label = labelText(attribution.label || "?");
  const sum = !isNumber(attribution.full) ? null : isNumber(attribution.empty)
    ? w.attributed(label, percent(attribution.empty), percent(attribution.full)) : w.fullOnly(label, percent(attribution.full));
  return h("div", { class: "sub measured", id }, h("h4", {}, title, badge(w.measured, "good")), h("div", { class: "bars" }, bars),
    h("p", { class: "foot" }, [explain, translated(attribution.method), sum].filter(isText).join(" · ")));
}

function claimedPart(clip) {
  const w = words(), claimed = record(clip.claimed), parts = record(claimed.percent), names = MODALITIES.filter((name) => isNumber(parts[name]));
  if (!names.length && !isText(claimed.main)) return null;
  return h("div", { class: "sub claimed", id: "claimed" }, h("h4", {}, w.byText, badge(w.claimedOnly, "warn")),
    isText(claimed.main) ? h("p", {}, w.mainGround(modalityName(claimed.main))) : null,
    names.length ? h("p", {}, names.map((name) => `${modalityName(name)} ${+parts[name].toFixed(1)} %`).join(" · ")) : null);
}

function contributionCard(clip) {
  const w = words();
  // Where the text is told from the argument, the picture above has these very shares.
  const pictured = clip.reasoning && !record(clip.reasoning).is_language_model && record(clip.argument).label === record(clip.attribution).label && argumentPicture(record(clip.argument));
  const measured = [pictured ? null : measuredPart(record(clip.attribution), w.byFuser, "", "by-fuser"), measuredPart(record(clip.reask), w.byReasking, w.reaskExplained, "by-reasking")];
  // What a text told from measurements says of weights is no claim of a model.
  const claimed = record(clip.reasoning).is_language_model ? claimedPart(clip) : null;
  if (pictured && !measured.some(Boolean) && !claimed) return null;
  return card(w.contributions, [], pictured || measured.some(Boolean) ? null : h("p", { class: "muted" }, w.noAttribution), measured, claimed);
}

function samplesCard(clip) {
  const w = words(), samples = list(clip.samples).map(record), answer = record(clip.answer);
  if (!samples.length) return null;
  const votes = Object.entries(record(answer.votes)).filter(([, count]) => isNumber(count)).sort((a, b) => b[1] - a[1]);
  const all = Math.max(votes.reduce((sum, [, count]) => sum + count, 0), 1);
  const bars = votes.flatMap(([label, count]) => [
    label === "unparsed" ? badge(w.unparsed, "bad") : labelMark(label),
    h("div", { class: "bar", role: "img", "aria-label": `${label} ${count}/${all}` },
      h("i", { style: { width: (100 * count) / all + "%", background: labelColour(label) } })),
    h("span", { class: "value" }, `${count} / ${all}`),
  ]);
  const answered = (sample) => (isText(sample.answer) ? badge(sample.answer) : badge(w.notParsed, "bad"));
  const rows = samples.map((sample, index) => h("details", {}, h("summary", {}, `${w.sample} ${index + 1}`, " ", answered(sample),
    sample.finish_reason === "length" ? badge(w.cut, "bad") : null), h("pre", {}, String(sample.text ?? ""))));
  return card(w.samples, [badge(String(samples.length)), isNumber(answer.agreement) ? badge(`${w.agreement} ${percent(answer.agreement)}`, answer.agreement < 1 ? "warn" : "good") : null],
    bars.length ? h("div", { class: "bars" }, bars) : null, rows);
}
