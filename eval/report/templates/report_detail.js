// One clip's page.
function renderClip(clip) {
  const w = words(), prediction = record(clip.prediction), known = isText(clip.truth);
  const verdict = known ? badge(`${w.truth}: ${labelText(clip.truth)}`, clip.truth === prediction.label ? "good" : "bad") : null;
  return [
    h("div", { class: "head" }, backButton(), h("h2", {}, clip.id), labelMark(prediction.label), verdict, statusBadge(prediction.status),
      isText(clip.language) ? badge(languageName(clip.language)) : null),
    judgementCard(clip), aboutNotice(),
    isText(prediction.reason) && prediction.status !== "ok" ? h("p", { class: "notice" }, translated(prediction.reason)) : null,
    h("div", { class: "grid clip" }, h("div", {}, mediaCard(clip), reasoningCard(clip)),
      h("div", {}, argumentCard(clip), DATA.redacted ? null : transcriptCard(clip), probabilityCard(clip), emotionCard(clip), contributionCard(clip), samplesCard(clip))),
    compareCard(clip), evidenceCard(clip), enhancedCard(clip), noteCard(clip), provenanceCard(clip),
  ];
}

const backButton = () => h("button", { type: "button", class: "quiet back", on: { click: () => showScreen("list") } }, words().back);

// What the run's folder says of its clips, for all of them.
function aboutNotice() {
  const text = record(DATA.about)[state.interface];
  return isText(text) ? h("p", { class: "notice about" }, h("b", {}, words().about), " – ", text) : null;
}

function reasoningCard(clip) {
  const w = words(), answer = record(clip.answer), reasoning = record(clip.reasoning), think = clip.think;
  const told = record(record(clip.told)[state.interface]), other = isText(told.think) && reasoning.language !== state.interface ? told : null;
  if (!clip.reasoning) return card(w.reasoning, [], h("p", { class: "muted" }, w.noReasoning));
  const extras = [
    badge(reasoning.is_language_model ? w.model : w.rules, reasoning.is_language_model ? "" : "warn"),
    badge(clip.parse === "ok" ? w.parsed : w.notParsed, clip.parse === "ok" ? "good" : "bad"), ...claimBadges(clip),
    isText(reasoning.finish_reason) ? badge(`${w.finish}: ${word(reasoning.finish_reason)}`, reasoning.finish_reason === "length" ? "bad" : "") : null,
  ];
  const made = card(w.reasoning, extras,
    other ? h("p", { class: "foot" }, w.translatedText) : null,
    other ? h("p", { class: "prose", id: "told", lang: state.interface }, markedProse(other.think, claimsOf(other))) : null,
    other ? claimTable(other, other.think) : null,
    isText(think) && other ? h("details", {}, h("summary", {}, w.original), thinkProse(clip)) : isText(think) ? thinkProse(clip) : null,
    isText(think) && !other ? claimTable(clip, think) : null,
    h("div", { class: "answer" }, h("b", {}, w.answer), labelMark(answer.label),
      isText(answer.answer_text) && answer.answer_text.trim() !== answer.label ? h("span", { class: "mono" }, answer.answer_text.trim()) : null,
      isNumber(answer.agreement) ? badge(`${w.agreement} ${percent(answer.agreement)}`, answer.agreement < 1 ? "warn" : "good") : null,
      isText(answer.problem) ? badge(translated(answer.problem), "bad") : null),
    comparedLine(clip),
    h("details", {}, h("summary", {}, w.raw), h("pre", {}, String(reasoning.text ?? ""))));
  made.classList.add("thought");
  return made;
}

function thinkProse(clip) {
  const language = record(clip.reasoning).language;
  return h("p", { class: "prose", id: "think", lang: isText(language) ? language : null }, markedProse(clip.think, claimsOf(clip)));
}

function evidenceCard(clip) {
  const w = words(), evidence = record(clip.evidence), missing = record(evidence.missing), opinions = record(evidence.opinions);
  const sections = record(evidence.sections);
  const language = [state.interface, clip.language, ...Object.keys(sections)].find((name) => Object.keys(record(sections[name])).length);
  const paragraphs = record(sections[language]), views = new Map(list(record(clip.argument).views).map(record).map((view) => [view.modality, view]));
  const measured = (name, cues) => (!isText(paragraphs[name]) ? null
    : cues ? h("details", {}, h("summary", {}, w.allMeasured), h("p", {}, paragraphs[name])) : h("p", {}, paragraphs[name]));
  const rows = MODALITIES.filter((name) => isText(paragraphs[name]) || isText(missing[name])).map((name) =>
    h("div", { class: "modality" },
      h("b", {}, h("span", { class: "dot", style: { background: modalityColour(name) } }), modalityName(name)),
      h("div", {},
        isText(missing[name]) ? h("p", { class: "muted" }, `${w.missing}: ${translated(missing[name])}`) : null,
        opinionLine(record(opinions[name])), ...((cues) => [cues, measured(name, cues)])(cueList(record(views.get(name)))))));
  return card(w.evidence, [], rows.length ? rows : h("p", { class: "muted" }, w.noEvidence));
}

function opinionLine(opinion) {
  const labels = list(opinion.labels), values = list(opinion.probabilities);
  if (!labels.length || labels.length !== values.length || !values.every(isNumber)) return null;
  const ranked = labels.map((label, index) => [label, values[index]]).sort((a, b) => b[1] - a[1]).slice(0, 3);
  return h("p", { class: "foot" }, `${words().says}: ` + ranked.map(([label, value]) => `${readingText(label)} ${percent(value)}`).join(" · "));
}

function transcriptCard(clip) {
  const w = words(), transcript = record(clip.transcript), segments = list(transcript.segments).map(record);
  const sure = isNumber(transcript.certainty) ? `${w.certainty} ${percent(transcript.certainty)}` : "";
  const extras = [transcript.source, transcript.detected_language].filter(isText).map((text) => badge(languageName(translated(text))));
  if (sure) extras.push(badge(sure));
  const readings = [["heard", transcript.heard], ["seen", transcript.seen]].filter(([, lines]) => list(lines).length)
    .map(([name, lines]) => h("p", { class: "foot" }, `${w[name]}: ` + list(lines).map((line) => String(record(line).text ?? "")).join(" / ")));
  if (segments.some((line) => isNumber(line.start)))
    return card(w.transcript, extras, h("table", {}, h("tbody", {}, segments.map((line) => h("tr", {},
      h("td", { class: "number" }, isNumber(line.start)
        ? h("button", { class: "link", type: "button", on: { click: () => seek(line.start) } }, seconds(line.start)) : ""),
      h("td", { class: "prose" }, wordsOf(line).length ? spaced(wordsOf(line)) : effectProse(String(line.text ?? ""), line.effects)),
      h("td", { class: "foot" }, isText(line.source) ? w[`${line.source}_line`] ?? line.source : ""))))), ...readings);
  const lines = segments.filter((line) => isText(line.text));
  const told = lines.length ? lines.flatMap((line) => [...effectProse(line.text, line.effects), " "]) : [transcript.text].filter(isText);
  return card(w.transcript, extras, h("p", { class: told.length ? "prose" : "muted" }, told.length ? told : w.noTranscript), ...readings);
}

// Words as buttons, with a blank where one that is written apart brings none.
const APART = /^[\p{Script=Latin}\p{N}]/u;
const spaced = (said) => said.flatMap((one, index) => (index && APART.test(one.text) && !/\s$/.test(said[index - 1].text) ? [" ", wordButton(one)] : [wordButton(one)]));

const effectClass = (one) => (isNumber(one.effect) ? (one.effect >= 0 ? " for" : " against") : "");
const effectTitle = (one) => (isNumber(one.effect) ? ` · ${words().moved(signed(one.effect))}` : "");

function wordButton(one) {
  const sure = isNumber(one.probability) ? ` · p ${one.probability.toFixed(2)}` : "";
  return h("button", { type: "button", class: "word" + (isNumber(one.probability) && one.probability < 0.5 ? " unsure" : "") + effectClass(one), title: `${one.start.toFixed(2)}–${seconds(one.end, 2)}${sure}${effectTitle(one)}`,
    "data-from": one.start, "data-to": one.end, on: { click: () => seek(one.start) } }, one.text);
}

function provenanceCard(clip) {
  const w = words();
  const stages = Object.entries(record(clip.stages)).map(([name, value]) => [name, record(value)]);
  const table = h("table", { class: "stages" },
    h("thead", {}, h("tr", {}, [w.stage, w.provider, w.outcome, w.reason].map((text) => h("th", {}, text)), h("th", { class: "number" }, w.seconds))),
    h("tbody", {}, stages.map(([name, stage]) => h("tr", {}, h("td", { class: "word" }, stageName(name)), h("td", { class: "word" }, String(stage.provider ?? "")),
      h("td", {}, badge(word(stage.outcome), { ok: "good", error: "bad" }[stage.outcome] || "warn")), h("td", {}, [stage.reason, stage.remedy].filter(isText).map(translated).join(" → ")),
      h("td", { class: "number" }, isNumber(stage.seconds) ? stage.seconds.toFixed(2) : "")))));
  return card(w.provenance, [], stages.length ? table : null, factList(record(record(clip.reasoning).facts)),
    clip.file ? h("p", { class: "foot" }, `${w.story}: `, h("a", { href: clip.file, class: "mono" }, clip.story)) : null);
}

// What was sent to the model, and how, as the reasoner recorded it.
function factList(facts) {
  const shown = Object.entries(facts).map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : String(value)]);
  const pairs = shown.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value.slice(0, 300))]);
  return shown.length ? h("details", { id: "facts" }, h("summary", {}, words().asked), h("dl", { class: "pairs" }, pairs)) : null;
}
