// One clip's page. Every text enters the document through textContent, never as markup.
function h(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "style") for (const [key, setting] of Object.entries(value)) node.style.setProperty(key, setting);
    else if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== "") node.append(child);
  return node;
}

const MODALITIES = ["text", "audio", "video"];
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
const isText = (value) => typeof value === "string" && value !== "";
const list = (value) => (Array.isArray(value) ? value : []);
const record = (value) => (value && typeof value === "object" && !Array.isArray(value) ? value : {});
const percent = (value) => (isNumber(value) ? (100 * value).toFixed(1) + "%" : "–");
const signed = (value) => (value > 0 ? "+" : "") + value.toFixed(3);
const words = () => WORDS[state.interface];
const modalityName = (name) => words().modality[name] || name;
const modalityColour = (name) => (MODALITIES.includes(name) ? `var(--${name})` : "var(--soft)");
const word = (value) => (isText(value) ? words()[value] && typeof words()[value] === "string" ? words()[value] : value : words().unknown);

function labelMark(label) {
  if (!isText(label)) return h("span", { class: "label none" }, words().unlabelledMark);
  return h("span", { class: "label " + (DATA.labels.includes(label) ? label : "NEUT") }, label);
}

function badge(text, tone) {
  return h("span", { class: "badge" + (tone ? " " + tone : "") }, text);
}

function statusBadge(status) {
  return badge(word(status), { ok: "good", partial: "warn", fallback: "bad" }[status]);
}

function card(title, extras, ...children) {
  return h("section", { class: "card" }, h("h3", {}, title, ...extras), ...children);
}

function renderClip(clip) {
  const w = words(), prediction = record(clip.prediction);
  const known = isText(clip.truth);
  const verdict = known ? badge(`${w.truth} ${clip.truth}`, clip.truth === prediction.label ? "good" : "bad") : null;
  return [
    h("div", { class: "head" }, h("h2", {}, clip.id), labelMark(prediction.label), verdict, statusBadge(prediction.status),
      isText(clip.language) ? badge(clip.language) : null),
    isText(prediction.reason) && prediction.status !== "ok" ? h("p", { class: "notice" }, prediction.reason) : null,
    h("div", { class: "grid" }, h("div", {}, mediaCard(clip)), h("div", {}, probabilityCard(clip), attributionCard(clip))),
    reasoningCard(clip), compareCard(clip), evidenceCard(clip), DATA.redacted ? null : transcriptCard(clip), noteCard(clip), provenanceCard(clip),
  ];
}

function mediaCard(clip) {
  const w = words(), lanes = h("div", {}, timeline(clip, clip.seconds));
  if (!clip.media) return card(clip.id, [], h("p", { class: "muted" }, DATA.redacted ? w.redacted : w.noMedia), lanes);
  const note = h("p", { class: "foot" }, "");
  const player = h(clip.media.kind, { id: "player", controls: true, preload: "metadata", src: clip.media.src,
    on: {
      error: () => { note.textContent = w.mediaFails + clip.media.shown; },
      loadedmetadata: (event) => lanes.replaceChildren(timeline(clip, event.target.duration) || ""),
    } });
  return h("section", { class: "card" }, player, note, lanes);
}

function seek(seconds) {
  const player = document.getElementById("player");
  if (player) { player.currentTime = seconds; player.focus(); }
}

function eventTitle(item) {
  const kind = String(item.kind || "").trim();
  const name = state.interface === "zh" && KINDS_ZH[kind] ? KINDS_ZH[kind] : kind.replaceAll("_", " ");
  const size = isNumber(item.value) ? ` ${item.value.toFixed(2)} ${item.unit || ""}` : "";
  return [name + size, item.quote].filter(isText).join(" · ");
}

function timeline(clip, seconds) {
  const complete = list(record(clip.timeline).events), items = list(record(clip.evidence).items).map(record);
  const all = complete.length ? [...items.filter((item) => item.modality === "text"), ...complete.map(record)] : items;
  const events = all.filter((item) => isNumber(item.start) && isNumber(item.end))
    .map((item) => ({ lane: item.modality, start: item.start, end: item.end, title: eventTitle(item) }));
  const lines = list(record(clip.transcript).segments).map(record).filter((line) => isNumber(line.start) && isNumber(line.end));
  if (!events.some((event) => event.lane === "text"))
    for (const line of lines) events.push({ lane: "text", start: line.start, end: line.end, title: String(line.text || "") });
  const drawn = list(record(clip.timeline).level).length > 1;
  if (!events.length && !drawn) return null;
  const length = Math.max(...events.map((event) => event.end), isNumber(seconds) ? seconds : 0, 0.1);
  const rows = MODALITIES.filter((name) => events.some((event) => event.lane === name)).flatMap((name) => [
    h("span", { class: "name" }, modalityName(name)),
    h("div", { class: "lane" }, events.filter((event) => event.lane === name).map((event) => {
      const title = `${event.start.toFixed(1)}–${event.end.toFixed(1)} s  ${event.title}`;
      const width = Math.max(0.6, (100 * (event.end - event.start)) / length);
      return h("button", { type: "button", title, "aria-label": title, on: { click: () => seek(event.start) },
        style: { left: (100 * event.start) / length + "%", width: width + "%", background: modalityColour(name) } });
    })),
  ]);
  rows.push(...trackRows(clip, length));
  const axis = h("div", { class: "axis" }, h("span", {}, "0 s"), h("span", {}, length.toFixed(1) + " s"));
  return h("div", { class: "timeline", title: words().times }, rows, h("span", {}), axis);
}

function probabilityCard(clip) {
  const w = words(), prediction = record(clip.prediction), values = list(prediction.probabilities);
  if (values.length !== DATA.labels.length || !values.every(isNumber))
    return card(w.probabilities, [], h("p", { class: "muted" }, w.noProbabilities));
  const bars = DATA.labels.flatMap((label, index) => [
    labelMark(label),
    h("div", { class: "bar", role: "img", "aria-label": `${label} ${percent(values[index])}` },
      h("i", { style: { width: 100 * values[index] + "%", background: `var(--${label})` } })),
    h("span", { class: "value" }, percent(values[index])),
  ]);
  return card(w.probabilities, [isText(prediction.strategy) ? badge(prediction.strategy) : null], h("div", { class: "bars" }, bars));
}

function attributionCard(clip) {
  const w = words(), attribution = record(clip.attribution), values = record(attribution.values);
  const names = MODALITIES.filter((name) => isNumber(values[name]));
  if (!names.length) return card(w.contributions, [], h("p", { class: "muted" }, w.noAttribution));
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
  const sum = isNumber(attribution.empty) && isNumber(attribution.full)
    ? h("p", { class: "foot" }, w.attributed(attribution.label || "?", percent(attribution.empty), percent(attribution.full))) : null;
  return card(w.contributions, [isText(attribution.method) ? badge(attribution.method) : null], h("div", { class: "bars" }, bars), sum);
}

function reasoningCard(clip) {
  const w = words(), answer = record(clip.answer), reasoning = record(clip.reasoning);
  if (!clip.reasoning) return card(w.reasoning, [], h("p", { class: "muted" }, w.noReasoning));
  const extras = [
    badge(reasoning.is_language_model ? w.model : w.rules, reasoning.is_language_model ? "" : "warn"),
    badge(clip.parse === "ok" ? w.parsed : w.notParsed, clip.parse === "ok" ? "good" : "bad"), ...claimBadges(clip),
    isText(reasoning.finish_reason) ? badge(`${w.finish}: ${reasoning.finish_reason}`, reasoning.finish_reason === "length" ? "bad" : "") : null,
  ];
  const think = isText(answer.think) ? answer.think.trim() : isText(answer.label) ? "" : reasoning.text;
  return card(w.reasoning, extras,
    isText(think) ? h("p", { class: "prose", id: "think" }, markedProse(think, claimsOf(clip))) : null,
    isText(think) ? claimTable(clip, think) : null,
    h("div", { class: "answer" }, h("b", {}, w.answer), labelMark(answer.label),
      isText(answer.answer_text) && answer.answer_text.trim() !== answer.label ? h("span", { class: "mono" }, answer.answer_text.trim()) : null,
      isText(answer.problem) ? badge(answer.problem, "bad") : null),
    h("details", {}, h("summary", {}, w.raw), h("pre", {}, String(reasoning.text ?? ""))));
}

function evidenceCard(clip) {
  const w = words(), evidence = record(clip.evidence), missing = record(evidence.missing), opinions = record(evidence.opinions);
  const sections = record(evidence.sections);
  const language = [state.interface, clip.language, ...Object.keys(sections)].find((name) => Object.keys(record(sections[name])).length);
  const paragraphs = record(sections[language]);
  const rows = MODALITIES.filter((name) => isText(paragraphs[name]) || isText(missing[name])).map((name) =>
    h("div", { class: "modality" },
      h("b", {}, h("span", { class: "dot", style: { background: modalityColour(name) } }), modalityName(name)),
      h("div", {},
        isText(paragraphs[name]) ? h("p", {}, paragraphs[name]) : null,
        isText(missing[name]) ? h("p", { class: "muted" }, `${w.missing}: ${missing[name]}`) : null,
        opinionLine(record(opinions[name])))));
  return card(w.evidence, [], rows.length ? rows : h("p", { class: "muted" }, w.noEvidence));
}

function opinionLine(opinion) {
  const labels = list(opinion.labels), values = list(opinion.probabilities);
  if (!labels.length || labels.length !== values.length || !values.every(isNumber)) return null;
  const ranked = labels.map((label, index) => [label, values[index]]).sort((a, b) => b[1] - a[1]).slice(0, 3);
  return h("p", { class: "foot" }, `${words().says}: ` + ranked.map(([label, value]) => `${label} ${percent(value)}`).join(" · "));
}

function transcriptCard(clip) {
  const w = words(), transcript = record(clip.transcript), segments = list(transcript.segments).map(record);
  const extras = [transcript.source, transcript.detected_language].filter(isText).map((text) => badge(text));
  if (segments.some((line) => isNumber(line.start)))
    return card(w.transcript, extras, h("table", {}, h("tbody", {}, segments.map((line) => h("tr", {},
      h("td", { class: "number" }, isNumber(line.start)
        ? h("button", { class: "link", type: "button", on: { click: () => seek(line.start) } }, line.start.toFixed(1) + " s") : ""),
      h("td", {}, String(line.text ?? "")))))));
  const text = isText(transcript.text) ? transcript.text : segments.map((line) => line.text).filter(isText).join(" ");
  return card(w.transcript, extras, h("p", { class: isText(text) ? "prose" : "muted" }, isText(text) ? text : w.noTranscript));
}

function provenanceCard(clip) {
  const w = words();
  const stages = Object.entries(record(clip.stages)).map(([name, value]) => [name, record(value)]);
  const table = h("table", {},
    h("thead", {}, h("tr", {}, [w.stage, w.provider, w.outcome, w.reason].map((text) => h("th", {}, text)), h("th", { class: "number" }, w.seconds))),
    h("tbody", {}, stages.map(([name, stage]) => h("tr", {}, h("td", { class: "word" }, name), h("td", { class: "word" }, String(stage.provider ?? "")),
      h("td", {}, badge(word(stage.outcome), { ok: "good", error: "bad" }[stage.outcome] || "warn")), h("td", {}, [stage.reason, stage.remedy].filter(isText).join(" → ")),
      h("td", { class: "number" }, isNumber(stage.seconds) ? stage.seconds.toFixed(2) : "")))));
  return card(w.provenance, [], stages.length ? table : null,
    clip.file ? h("p", { class: "foot" }, `${w.story}: `, h("a", { href: clip.file, class: "mono" }, clip.story)) : null);
}
