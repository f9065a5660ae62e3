// The list, the filters, the overview and the keys.
const DATA = JSON.parse(document.getElementById("data").textContent);
const ROW = 58;
const LABELLED = DATA.headline !== null;
const byId = (id) => document.getElementById(id);
const tally = (values) => values.reduce((counts, value) => counts.set(value, (counts.get(value) || 0) + 1), new Map());

const state = {
  interface: recall("interface") || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en"),
  theme: recall("theme") || "auto", search: "", selects: { status: "", language: "", label: "" },
  switches: { unparsed: false, differs: false, wrong: false, contradicted: false, disagree: false }, cell: null, shown: [], selected: null,
};
if (!WORDS[state.interface]) state.interface = "en";

function recall(name) { try { return localStorage.getItem("report." + name); } catch { return null; } }
function remember(name, value) { try { localStorage.setItem("report." + name, value); } catch { /* private window */ } }

const FIELDS = {
  status: (clip) => record(clip.prediction).status || "",
  language: (clip) => clip.language || "",
  label: (clip) => record(clip.prediction).label || "",
};
const TESTS = {
  unparsed: (clip) => clip.parse === "unparsed",
  differs: (clip) => isText(record(clip.answer).label) && clip.answer.label !== record(clip.prediction).label,
  wrong: (clip) => isText(clip.truth) && clip.truth !== record(clip.prediction).label,
  contradicted: (clip) => countOf(clip, "contradicted") > 0,
  disagree: (clip) => Boolean(clip.other) && record(clip.other.prediction).label !== record(clip.prediction).label,
};
for (const clip of DATA.clips) {
  const said = [record(clip.transcript).text, ...list(record(clip.transcript).segments).map((line) => record(line).text)];
  clip.said = said.find(isText) || "";
  clip.haystack = [clip.id, ...said, record(clip.reasoning).text, record(clip.answer).think].filter(isText).join("\n").toLowerCase();
}

function passes(clip) {
  for (const [name, wanted] of Object.entries(state.selects)) if (wanted && FIELDS[name](clip) !== (wanted === "-" ? "" : wanted)) return false;
  for (const [name, on] of Object.entries(state.switches)) if (on && !TESTS[name](clip)) return false;
  if (state.cell && (clip.truth !== state.cell[0] || FIELDS.label(clip) !== state.cell[1])) return false;
  return state.search.toLowerCase().split(/\s+/).every((part) => clip.haystack.includes(part));
}

function applyFilters() {
  state.shown = DATA.clips.filter(passes);
  byId("list").scrollTop = 0;
  renderList();
}

function renderList() {
  const w = words();
  byId("count").textContent = w.shown(state.shown.length, DATA.clips.length) + (state.cell ? ` · ${state.cell.join(" → ")}` : "");
  byId("rows").style.setProperty("height", Math.max(state.shown.length * ROW, 1) + "px");
  renderRows();
}

function renderRows() {
  const holder = byId("list"), first = Math.max(0, Math.floor(holder.scrollTop / ROW) - 6);
  const last = Math.min(state.shown.length, Math.ceil((holder.scrollTop + (holder.clientHeight || 800)) / ROW) + 6);
  const rows = state.shown.slice(first, last).map((clip, offset) => listRow(clip, first + offset));
  if (!rows.length) rows.push(h("p", { class: "empty" }, DATA.clips.length ? words().noMatch : words().empty));
  byId("rows").replaceChildren(...rows);
}

function listRow(clip, index) {
  const w = words(), prediction = record(clip.prediction);
  const marks = [
    clip.parse === "unparsed" ? badge(w.unparsed, "bad") : null,
    prediction.status && prediction.status !== "ok" ? statusBadge(prediction.status) : null,
    TESTS.wrong(clip) ? badge("✗ " + clip.truth, "bad") : null,
    TESTS.contradicted(clip) ? badge(`${countOf(clip, "contradicted")} ${w.verdict.contradicted}`, "bad") : null,
    TESTS.disagree(clip) ? badge("→ " + record(clip.other.prediction).label, "warn") : null,
    noteOf(clip).verdict ? badge("✎ " + w.mine[noteOf(clip).verdict]) : null,
  ];
  return h("div", { class: "row", id: "row-" + index, role: "option", "aria-selected": String(clip.id === state.selected), style: { top: index * ROW + "px" },
    on: { click: () => open(clip.id) } },
    h("span", { class: "name", title: clip.id }, clip.id), labelMark(prediction.label), h("span", { class: "said" }, marks, h("span", {}, clip.said || "–")));
}

function open(id, reveal) {
  const clip = DATA.clips.find((candidate) => candidate.id === id);
  state.selected = clip ? id : null;
  byId("detail").replaceChildren(...(clip ? renderClip(clip) : renderOverview()).filter(Boolean));
  byId("detail").scrollTop = 0;
  const hash = clip ? "#clip=" + encodeURIComponent(id) : "#";
  if (location.hash !== hash) history.replaceState(null, "", hash);
  const index = state.shown.findIndex((candidate) => candidate.id === id), holder = byId("list");
  if (reveal && index >= 0) {
    if (index * ROW < holder.scrollTop) holder.scrollTop = index * ROW;
    if ((index + 1) * ROW > holder.scrollTop + holder.clientHeight) holder.scrollTop = (index + 1) * ROW - holder.clientHeight;
  }
  renderRows();
  holder.setAttribute("aria-activedescendant", index >= 0 ? "row-" + index : "");
}

function step(by) {
  if (!state.shown.length) return;
  const index = state.shown.findIndex((clip) => clip.id === state.selected);
  const next = index < 0 ? (by > 0 ? 0 : state.shown.length - 1) : Math.min(Math.max(index + by, 0), state.shown.length - 1);
  open(state.shown[next].id, true);
}

function distribution(values, colour) {
  const counts = [...tally(values)], largest = Math.max(...counts.map((pair) => pair[1]), 1);
  return h("div", { class: "bars" }, counts.sort((a, b) => (colour ? DATA.labels.indexOf(a[0]) - DATA.labels.indexOf(b[0]) : b[1] - a[1])).flatMap(([name, count]) => [
    h("span", { class: "name" }, colour ? labelMark(name) : word(name)),
    h("div", { class: "bar" }, h("i", { style: { width: (100 * count) / largest + "%", background: colour ? colour(name) : "var(--accent)" } })),
    h("span", { class: "value" }, count),
  ]));
}

function confusion() {
  const truths = DATA.labels.filter((label) => DATA.clips.some((clip) => clip.truth === label));
  const cell = (truth, label) => DATA.clips.filter((clip) => clip.truth === truth && FIELDS.label(clip) === label).length;
  const rows = truths.map((truth) => {
    const counts = DATA.labels.map((label) => cell(truth, label)), total = Math.max(counts.reduce((a, b) => a + b, 0), 1);
    return h("tr", {}, h("th", {}, truth), counts.map((count, column) => {
      const strength = Math.round((70 * count) / total);
      return h("td", { tabindex: 0, style: { background: `color-mix(in srgb, var(--accent) ${strength}%, transparent)` },
        on: { click: () => { state.cell = [truth, DATA.labels[column]]; applyFilters(); step(1); } } }, count);
    }));
  });
  return h("table", { class: "matrix" }, h("thead", {}, h("tr", {}, h("th", {}), DATA.labels.map((label) => h("th", {}, label)))), h("tbody", {}, rows));
}

function renderOverview() {
  const w = words(), clips = DATA.clips;
  const facts = DATA.manifest.flatMap(([name, value]) => [h("dt", {}, name), h("dd", { class: "mono" }, value)]);
  const figures = LABELLED ? h("p", { class: "foot" }, `${DATA.headline.right} ${w.right} · ${DATA.headline.labelled} ${w.labelled} · ` +
    `${clips.filter((clip) => !isText(clip.truth)).length} ${w.unlabelled} · ${DATA.headline.lost} ${w.lost}`) : null;
  return [
    h("div", { class: "head" }, h("h2", {}, w.overview), badge(`${clips.length} ${w.clips}`)),
    clips.length ? null : h("p", { class: "notice" }, w.empty),
    clips.length ? h("div", { class: "grid" },
      card(w.distribution, [], distribution(clips.map(FIELDS.label), (label) => (DATA.labels.includes(label) ? `var(--${label})` : "var(--soft)"))),
      h("div", {}, card(w.statuses, [], distribution(clips.map(FIELDS.status))), card(w.languages, [], distribution(clips.map(FIELDS.language))))) : null,
    LABELLED && clips.length ? card(w.confusion, [], confusion(), figures) : null,
    claimsCard(),
    DATA.problems.length ? card(w.unreadable, [badge(DATA.problems.length, "bad")],
      h("table", {}, h("tbody", {}, DATA.problems.map((problem) => h("tr", {}, h("td", { class: "mono" }, problem.file), h("td", {}, problem.message)))))) : null,
    card(w.run, [badge(DATA.run)], facts.length ? h("dl", { class: "pairs" }, facts) : h("p", { class: "muted" }, w.noManifest)),
  ];
}

function renderFrame() {
  const w = words(), clips = DATA.clips;
  document.documentElement.lang = state.interface === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = state.theme;
  byId("subtitle").textContent = `${clips.length} ${w.clips}`;
  byId("home").textContent = w.overview; byId("language").textContent = w.other; byId("theme").textContent = w.theme[state.theme];
  byId("search").placeholder = w.search; byId("search").setAttribute("aria-label", w.search);
  byId("clear").textContent = w.clear; byId("keys").textContent = w.keys;
  const unparsed = clips.filter(TESTS.unparsed).length;
  const figures = LABELLED ? [[percent(DATA.headline.war), w.accuracy], [percent(DATA.headline.uar), w.uar]] : [];
  if (clips.length) figures.push([String(unparsed), w.unparsed]);
  const claims = clips.flatMap(claimsOf);
  if (claims.length) for (const verdict of ["supported", "contradicted"])
    figures.push([percent(claims.filter((claim) => claim.verdict === verdict).length / claims.length), w.claimRate[verdict]]);
  byId("figures").replaceChildren(...figures.map(([value, name]) => h("div", { class: "figure" }, h("b", {}, value), h("span", {}, name))));
  byId("selects").replaceChildren(...Object.keys(state.selects).map((name) => {
    const found = [...tally(clips.map(FIELDS[name])).keys()].sort((a, b) => (name === "label" ? DATA.labels.indexOf(a) - DATA.labels.indexOf(b) : a < b ? -1 : 1));
    const options = found.map((value) => h("option", { value: value || "-", selected: state.selects[name] === (value || "-") }, value ? word(value) : w.none));
    return h("select", { id: "select-" + name, "aria-label": w[name], on: { change: (event) => { state.selects[name] = event.target.value; applyFilters(); } } },
      h("option", { value: "" }, w[name]), options);
  }));
  const switches = LABELLED ? ["wrong", "unparsed", "differs"] : ["unparsed", "differs"];
  if (clips.some((clip) => claimsOf(clip).length)) switches.push("contradicted");
  if (DATA.compared) switches.push("disagree");
  byId("switches").replaceChildren(...switches.map((name) => h("button", { type: "button", class: "chip", id: "switch-" + name,
    "aria-pressed": String(state.switches[name]), on: { click: () => { state.switches[name] = !state.switches[name]; renderFrame(); applyFilters(); } } }, w[name])));
}

function clearFilters() {
  state.search = byId("search").value = "";
  state.cell = null;
  for (const name of Object.keys(state.selects)) state.selects[name] = "";
  for (const name of Object.keys(state.switches)) state.switches[name] = false;
  renderFrame(); applyFilters();
}

function onKey(event) {
  const typing = ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
  if (event.key === "Escape" && typing) event.target.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  const inList = event.target === byId("list");
  if (event.key === "j" || (inList && event.key === "ArrowDown")) step(1);
  else if (event.key === "k" || (inList && event.key === "ArrowUp")) step(-1);
  else if (event.key === "/") byId("search").focus();
  else if (event.key === "o") open(null);
  else return;
  event.preventDefault();
}

function fromAddress() {
  const match = /^#clip=(.*)$/.exec(location.hash);
  try { return match ? decodeURIComponent(match[1]) : null; } catch { return null; }
}

byId("search").addEventListener("input", (event) => { state.search = event.target.value.trim(); applyFilters(); });
byId("list").addEventListener("scroll", renderRows);
window.addEventListener("resize", renderRows);
window.addEventListener("hashchange", () => open(fromAddress(), true));
document.addEventListener("keydown", onKey);
byId("clear").addEventListener("click", clearFilters);
byId("home").addEventListener("click", () => open(null));
byId("language").addEventListener("click", () => {
  state.interface = state.interface === "en" ? "zh" : "en"; remember("interface", state.interface);
  renderFrame(); renderList(); open(state.selected, true);
});
byId("theme").addEventListener("click", () => {
  const order = ["auto", "light", "dark"];
  state.theme = order[(order.indexOf(state.theme) + 1) % 3]; remember("theme", state.theme); renderFrame();
});
renderFrame();
applyFilters();
open(fromAddress(), true);
