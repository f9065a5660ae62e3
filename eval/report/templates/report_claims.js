// Claims with their verdicts, and the reader's own notes.
const VERDICTS = ["supported", "contradicted", "unverifiable"];
const VERDICT_TONE = { supported: "good", contradicted: "bad", unverifiable: "" };
const VERDICT_MARK = { supported: "✓", contradicted: "✗", unverifiable: "?" };
const claimsOf = (clip) => list(record(clip.claims).checked).map(record);
const countOf = (clip, verdict) => claimsOf(clip).filter((claim) => claim.verdict === verdict).length;
const kindName = (kind) => (state.interface === "zh" && KINDS_ZH[kind] ? KINDS_ZH[kind] : String(kind).replaceAll("_", " "));

function claimReason(claim) {
  const texts = state.interface === "zh" ? REASONS_ZH : record(DATA.reasons);
  const basis = list(claim.evidence).map(record).slice(0, 3).map((event) =>
    `${kindName(event.kind)}${isNumber(event.value) ? " " + +event.value.toFixed(3) + " " + unitName(event.unit) : ""}, ${event.start.toFixed(1)}–${seconds(event.end)}`);
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
      h("td", { class: "number" }, time === null ? "" : h("button", { type: "button", class: "link", on: { click: () => seek(time) } }, seconds(time))));
  });
  return h("details", { class: "claims" }, h("summary", {}, `${w.claims} (${claims.length})`), h("table", {}, h("tbody", {}, rows)));
}

// ── the reader's verdict and note ──
const noteKey = (clip) => `note.${BY_ID.get(clip.id).note}.${clip.id}`;
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
  const rows = CLIPS.map((clip) => [clip, noteOf(clip)]).filter(([, note]) => note.verdict || note.note)
    .map(([clip, note]) => [clip.id, clip.label, note.verdict, note.note].map(cell).join(","));
  return "\ufeff" + ["ID,Label,Verdict,Note", ...rows].join("\r\n") + "\r\n";
}

function exportNotes() {
  const link = h("a", { href: URL.createObjectURL(new Blob([notesCsv()], { type: "text/csv" })), download: "notes.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
