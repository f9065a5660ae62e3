// Claims and their verdicts, tracks in time, the other run, and the reader's own notes.
const VERDICTS = ["supported", "contradicted", "unverifiable"];
const VERDICT_TONE = { supported: "good", contradicted: "bad", unverifiable: "" };
const VERDICT_MARK = { supported: "✓", contradicted: "✗", unverifiable: "?" };
const claimsOf = (clip) => list(record(clip.claims).checked).map(record);
const countOf = (clip, verdict) => claimsOf(clip).filter((claim) => claim.verdict === verdict).length;
const kindName = (kind) => (state.interface === "zh" && KINDS_ZH[kind] ? KINDS_ZH[kind] : String(kind).replaceAll("_", " "));

function claimReason(claim) {
  const texts = state.interface === "zh" ? REASONS_ZH : record(DATA.reasons);
  const basis = list(claim.evidence).map(record).slice(0, 3).map((event) =>
    `${kindName(event.kind)}${isNumber(event.value) ? " " + +event.value.toFixed(3) + " " + event.unit : ""}, ${event.start.toFixed(1)}–${event.end.toFixed(1)} s`);
  return [texts[claim.reason] || claim.reason, claim.note, ...basis].filter(isText).join(" · ");
}

function claimTime(claim) {
  const first = record(list(claim.evidence)[0]);
  if (isNumber(first.start)) return first.start;
  return isNumber(list(claim.seconds)[0]) ? claim.seconds[0] : null;
}

function claimTitle(claim) {
  const w = words();
  return `${w.verdict[claim.verdict]}: ${claim.negated ? w.negated + " " : ""}${kindName(claim.kind)} · ${claimReason(claim)}`;
}

// Offsets count code points, not the UTF-16 units of a string's own index.
function markedProse(text, claims) {
  const characters = Array.from(text), nodes = [];
  let at = 0;
  for (const claim of [...claims].sort((a, b) => a.start - b.start)) {
    if (!(claim.start >= at && claim.end > claim.start && claim.end <= characters.length)) continue;
    nodes.push(characters.slice(at, claim.start).join(""));
    const time = claimTime(claim), title = claimTitle(claim), act = () => { if (time !== null) seek(time); };
    nodes.push(h("span", { class: "claim " + (VERDICTS.includes(claim.verdict) ? claim.verdict : ""), title, tabindex: 0, role: time === null ? "note" : "button",
      "aria-label": `${characters.slice(claim.start, claim.end).join("")} – ${title}`,
      on: { click: act, keydown: (event) => { if (event.key === "Enter") act(); } } }, characters.slice(claim.start, claim.end).join("")));
    at = claim.end;
  }
  nodes.push(characters.slice(at).join(""));
  return nodes;
}

function claimBadges(clip) {
  const w = words();
  if (!clip.claims) return [];
  if (!claimsOf(clip).length) return [badge(w.noClaims, "warn")];
  return VERDICTS.filter((name) => countOf(clip, name)).map((name) => badge(`${VERDICT_MARK[name]} ${countOf(clip, name)} ${w.verdict[name]}`, VERDICT_TONE[name]));
}

function claimTable(clip, text) {
  const w = words(), claims = claimsOf(clip), characters = Array.from(text);
  if (!claims.length) return null;
  const rows = claims.map((claim) => {
    const time = claimTime(claim);
    return h("tr", {}, h("td", { class: "word" }, badge(`${VERDICT_MARK[claim.verdict] || ""} ${w.verdict[claim.verdict] || ""}`, VERDICT_TONE[claim.verdict])),
      h("td", { class: "word" }, (claim.negated ? w.negated + " " : "") + kindName(claim.kind)),
      h("td", {}, characters.slice(claim.start, claim.end).join("")), h("td", { class: "muted" }, claimReason(claim)),
      h("td", { class: "number" }, time === null ? "" : h("button", { type: "button", class: "link", on: { click: () => seek(time) } }, time.toFixed(1) + " s")));
  });
  return h("details", { class: "claims" }, h("summary", {}, `${w.claims} (${claims.length})`), h("table", {}, h("tbody", {}, rows)));
}

function claimsCard() {
  const w = words(), reasoned = DATA.clips.filter((clip) => clip.claims);
  if (!reasoned.length) return null;
  const shares = reasoned.map((clip) => clip.claims.share).filter(isNumber), silent = reasoned.filter((clip) => !claimsOf(clip).length).length;
  const rows = [["", w.all], ...MODALITIES.map((name) => [name, modalityName(name)])].map(([modality, name]) => {
    const claims = reasoned.flatMap(claimsOf).filter((claim) => !modality || claim.modality === modality);
    const counts = VERDICTS.map((verdict) => claims.filter((claim) => claim.verdict === verdict).length);
    const strip = h("div", { class: "strip", role: "img", "aria-label": VERDICTS.map((verdict, i) => `${counts[i]} ${w.verdict[verdict]}`).join(", ") },
      VERDICTS.map((verdict, i) => h("i", { class: verdict, style: { width: (100 * counts[i]) / Math.max(claims.length, 1) + "%" } })));
    return h("tr", {}, h("td", { class: "word" }, name), h("td", { class: "wide" }, strip), counts.map((count) => h("td", { class: "number" }, count)));
  });
  return card(w.claims, [badge(`${w.textShare} ${percent(shares.reduce((a, b) => a + b, 0) / Math.max(shares.length, 1))}`), silent ? badge(`${silent} ${w.silent}`, "warn") : null],
    h("table", {}, h("thead", {}, h("tr", {}, h("th", {}), h("th", {}), VERDICTS.map((name) => h("th", { class: "number" }, w.verdict[name])))), h("tbody", {}, rows)));
}

// ── tracks ──
function svg(tag, attributes, ...children) {
  const node = document.createElementNS(document.querySelector("svg").namespaceURI, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function trackLane(values, step, length, scale, colour, filled) {
  const known = values.filter(isNumber);
  if (known.length < 2 || !isNumber(step) || step <= 0) return null;
  // Between the outer twentieths: one octave error must not flatten the rest.
  const scaled = known.map(scale).sort((a, b) => a - b), low = scaled[Math.floor(scaled.length / 20)], range = Math.max(scaled[Math.ceil((19 * scaled.length) / 20) - 1] - low, 1e-6);
  const height = (value) => Math.min(Math.max((scale(value) - low) / range, -0.05), 1.05);
  const point = (value, index) => `${((100 * index * step) / length).toFixed(2)} ${(27 - 24 * height(value)).toFixed(2)}`;
  const runs = [];
  values.forEach((value, index) => {
    if (!isNumber(value)) return;
    if (index && isNumber(values[index - 1])) runs[runs.length - 1].push(point(value, index)); else runs.push([point(value, index)]);
  });
  const paths = runs.filter((run) => run.length > 1).map((run) => {
    const line = "M" + run.join("L");
    const path = svg("path", { d: filled ? `${line}L${run[run.length - 1].split(" ")[0]} 30L${run[0].split(" ")[0]} 30Z` : line, class: filled ? "area" : "line" });
    path.style.setProperty(filled ? "fill" : "stroke", colour);
    return path;
  });
  return svg("svg", { viewBox: "0 0 100 30", preserveAspectRatio: "none", class: "track", "aria-hidden": "true" }, ...paths);
}

function trackRows(clip, length) {
  const w = words(), tracks = record(clip.timeline), rows = [];
  const level = trackLane(list(tracks.level), tracks.step, length, (value) => value, "var(--audio)", true);
  const pitch = trackLane(list(tracks.pitch), tracks.step, length, (value) => 12 * Math.log2(Math.max(value, 1)), "var(--audio)", false);
  const spoken = list(tracks.speech).filter((span) => isNumber(span[0]) && isNumber(span[1])).map(([start, end]) =>
    h("i", { class: "speech", title: `${w.speech} ${start.toFixed(1)}–${end.toFixed(1)} s`, style: { left: (100 * start) / length + "%", width: (100 * (end - start)) / length + "%" } }));
  const toSeconds = (event) => seek((length * event.offsetX) / Math.max(event.currentTarget.clientWidth, 1));
  for (const [name, drawing] of [[w.level, level], [w.pitch, pitch]])
    if (drawing) rows.push(h("span", { class: "name" }, name), h("div", { class: "lane tall", on: { click: toSeconds } }, spoken.map((node) => node.cloneNode(true)), drawing));
  return rows;
}

// ── the other run ──
function compareCard(clip) {
  const w = words(), other = record(clip.other);
  if (!clip.other) return null;
  const mine = record(clip.prediction), theirs = record(other.prediction);
  const bars = DATA.labels.flatMap((label, index) => {
    const a = list(mine.probabilities)[index], b = list(theirs.probabilities)[index];
    if (!isNumber(a) || !isNumber(b)) return [];
    return [labelMark(label), h("div", { class: "pair" },
      h("div", { class: "bar" }, h("i", { style: { width: 100 * a + "%", background: `var(--${label})` } })),
      h("div", { class: "bar thin" }, h("i", { style: { width: 100 * b + "%", background: `var(--${label})` } }))), h("span", { class: "value" }, `${percent(a)} → ${percent(b)}`)];
  });
  const same = mine.label === theirs.label;
  return card(`${w.compared} ${DATA.compared}`, [labelMark(mine.label), h("span", {}, "→"), labelMark(theirs.label), badge(same ? w.sameLabel : w.otherLabel, same ? "good" : "warn"), ...claimBadges(other)],
    h("div", { class: "bars" }, bars),
    isText(other.think) ? (other.think === record(clip.answer).think?.trim() ? h("p", { class: "foot" }, w.sameText) : h("p", { class: "prose other" }, markedProse(other.think, claimsOf(other)))) : null);
}

// ── the reader's verdict and note ──
const noteKey = (clip) => `note.${DATA.run}.${clip.id}`;
function noteOf(clip) {
  try { return record(JSON.parse(recall(noteKey(clip)) || "{}")); } catch { return {}; }
}

function noteCard(clip) {
  const w = words(), note = noteOf(clip);
  const keep = () => { remember(noteKey(clip), JSON.stringify({ verdict: choice.value, note: text.value })); renderRows(); };
  const choice = h("select", { id: "verdict", "aria-label": w.myVerdict, on: { change: keep } },
    ["", "agree", "disagree", "unsure"].map((name) => h("option", { value: name, selected: note.verdict === name }, name ? w.mine[name] : w.myVerdict)));
  const text = h("textarea", { id: "note", rows: 2, placeholder: w.note, "aria-label": w.note, on: { change: keep } });
  text.value = isText(note.note) ? note.note : "";
  return card(w.notes, [], h("div", { class: "notes" }, choice, text, h("button", { type: "button", class: "quiet", id: "export", on: { click: exportNotes } }, w.exportNotes)));
}

function notesCsv() {
  // A leading =, +, - or @ would be a formula to a spreadsheet.
  const cell = (value) => { const t = String(value ?? ""); return `"${(/^[=+\-@\t\r]/.test(t) ? "'" + t : t).replaceAll('"', '""')}"`; };
  const rows = DATA.clips.map((clip) => [clip, noteOf(clip)]).filter(([, note]) => note.verdict || note.note)
    .map(([clip, note]) => [clip.id, record(clip.prediction).label, note.verdict, note.note].map(cell).join(","));
  return "\ufeff" + ["ID,Label,Verdict,Note", ...rows].join("\r\n") + "\r\n";
}

function exportNotes() {
  const link = h("a", { href: URL.createObjectURL(new Blob([notesCsv()], { type: "text/csv" })), download: "notes.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
