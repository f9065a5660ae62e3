// The list, the frame and the keys.
const ROW = 58;
const ARGUED = DATA.explanation !== null;

function applyFilters() {
  if (state.search && !texts) { pending = readTexts().catch(() => {}).then(renderFiltered); byId("count").textContent = words().searching; return; }
  renderFiltered();
}

function renderFiltered() {
  state.shown = filtered();
  byId("list").scrollTop = 0;
  renderList();
}

function renderList() {
  const w = words(), cell = state.cell || state.pair;
  byId("count").textContent = w.shown(state.shown.length, CLIPS.length) + (cell ? ` · ${cell.join(" → ")}` : "");
  byId("rows").style.setProperty("height", Math.max(state.shown.length * ROW, 1) + "px");
  renderRows();
}

function renderRows() {
  const holder = byId("list"), first = Math.max(0, Math.floor(holder.scrollTop / ROW) - 6);
  const last = Math.min(state.shown.length, Math.ceil((holder.scrollTop + (holder.clientHeight || 800)) / ROW) + 6);
  const rows = state.shown.slice(first, last).map((clip, offset) => listRow(clip, first + offset));
  if (!rows.length) rows.push(h("p", { class: "empty" }, CLIPS.length ? words().noMatch : words().empty));
  byId("rows").replaceChildren(...rows);
}

// What the list is sorted by is shown in the row, or the order could not be understood.
function sortValue(clip) {
  const w = words(), value = SORTS[state.sort](clip);
  if (["id", "label", "language", "contradicted", "truth"].includes(state.sort) || !isNumber(value)) return null;
  return badge({ confidence: percent(value), margin: percent(value), agreement: percent(value), claims: `${value} ${w.claims}` }[state.sort] || `${value.toFixed(1)} s`);
}

function listRow(clip, index) {
  const w = words();
  const marks = [
    sortValue(clip),
    clip.parse === "unparsed" ? badge(w.unparsed, "bad") : null,
    clip.status && clip.status !== "ok" ? statusBadge(clip.status) : null,
    TESTS.wrong(clip) ? badge("✗ " + labelText(clip.truth), "bad") : null,
    clip.contradicted ? badge(`${clip.contradicted} ${w.verdict.contradicted}`, "bad") : null,
    TESTS.failing(clip) ? badge(w.failing, "bad") : null,
    TESTS.close(clip) ? badge(w.flags.close, "warn") : null,
    TESTS.disagree(clip) ? badge("→ " + (clip.other ? labelText(clip.other) : w.unlabelledMark), "warn") : null,
    noteOf(clip).verdict ? badge("✎ " + w.mine[noteOf(clip).verdict]) : null,
  ];
  return h("div", { class: "row", id: "row-" + index, role: "option", "aria-selected": String(clip.id === state.selected), "aria-setsize": state.shown.length, "aria-posinset": index + 1,
    style: { top: index * ROW + "px" }, on: { click: () => { open(clip.id); showScreen("clip"); } } },
    h("span", { class: "name", title: clip.id }, clip.id), labelMark(clip.label, true), h("span", { class: "said" }, marks, h("span", {}, clip.said || "–")));
}

// A phone shows one of two screens: the list, or a clip (or the overview).
function showScreen(name) {
  queueMicrotask(fitWords);
  document.body.dataset.screen = name;
  if (name === "list") renderRows();
}

function show(nodes) {
  byId("detail").replaceChildren(...nodes.filter(Boolean));
  fitWords();
  byId("detail").scrollTop = 0;
}

function open(id, reveal) {
  const clip = BY_ID.get(id);
  state.selected = clip ? id : null;
  if (!clip) show(renderOverview());
  else if (detailOf(clip)) show(renderClip(detailOf(clip)));
  else pending = openBlock(Math.floor(clip.index / DATA.chunk)).then(
    () => { if (state.selected === id) show(renderClip(detailOf(clip))); },
    () => show([h("p", { class: "notice" }, words().oldBrowser)]));
  byId("announce").textContent = clip ? `${id} ${clip.label ? labelText(clip.label) : words().unlabelledMark}` : words().overview;
  const hash = clip ? "#clip=" + encodeURIComponent(id) : "#";
  if (location.hash !== hash) history.replaceState(null, "", hash);
  const index = state.shown.indexOf(clip), holder = byId("list");
  if (reveal && index >= 0) {
    if (index * ROW < holder.scrollTop) holder.scrollTop = index * ROW;
    if ((index + 1) * ROW > holder.scrollTop + holder.clientHeight) holder.scrollTop = (index + 1) * ROW - holder.clientHeight;
  }
  renderRows();
  if (index >= 0) holder.setAttribute("aria-activedescendant", "row-" + index); else holder.removeAttribute("aria-activedescendant");
}

function step(by) {
  if (!state.shown.length) return;
  const index = state.shown.indexOf(BY_ID.get(state.selected));
  const next = index < 0 ? (by > 0 ? 0 : state.shown.length - 1) : Math.min(Math.max(index + by, 0), state.shown.length - 1);
  open(state.shown[next].id, true);
}

function topFigures() {
  const w = words(), unparsed = CLIPS.filter(TESTS.unparsed).length;
  const rows = list(record(DATA.metrics).rows).map(record).filter((row) => ["accuracy", "uar"].includes(row.name));
  const figures = rows.map((row) => [percent(row.value), w[row.name], isNumber(row.low) ? `${percent(row.low)} – ${percent(row.high)}` : ""]);
  if (CLIPS.length) figures.push([String(unparsed), w.unparsed, ""]);
  const whole = record(record(record(DATA.explanation).figures).all)["all of them"];
  if (whole && whole.n) figures.push([`${whole.holds} / ${whole.n}`, w.explainedTop, `${percent(whole.interval[0])} – ${percent(whole.interval[1])}`]);
  const [supported, contradicted, unverifiable] = list(record(record(DATA.claims).by_modality)[""]);
  if (isNumber(supported)) figures.push([`${contradicted} / ${supported + contradicted}`, w.contradictedTop, w.unverifiableTop(unverifiable)]);
  const wall = DATA.manifest.find(([name]) => name === "run.seconds");
  if (wall) figures.push([seconds(Number(wall[1])), w.wall, ""]);
  return figures.map(([value, name, range]) => h("div", { class: "figure" }, h("b", {}, value), h("span", {}, name), range ? h("small", {}, range) : null));
}

function renderFrame() {
  const w = words();
  document.documentElement.lang = state.interface === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = state.theme;
  byId("title").textContent = `${DATA.run} · ${w.title}`;
  byId("subtitle").textContent = `${CLIPS.length} ${w.clips}`;
  byId("home").textContent = w.overview; byId("language").textContent = w.other; byId("theme").textContent = w.theme[state.theme];
  byId("search").placeholder = w.search; byId("search").setAttribute("aria-label", w.search);
  byId("list").setAttribute("aria-label", w.clipList); byId("detail").setAttribute("aria-label", w.detail); byId("skip").textContent = w.skip;
  byId("clear").textContent = w.clear; byId("keys").textContent = w.keys;
  byId("figures").replaceChildren(...topFigures());
  byId("selects").replaceChildren(...Object.keys(state.selects).filter((name) => name !== "truth" || LABELLED).map(filterSelect), sortSelect(), directionButton());
  const possible = { wrong: LABELLED, divided: CLIPS.some((clip) => isNumber(clip.agreement)), contradicted: CLIPS.some((clip) => clip.claims), conflict: ARGUED, close: CLIPS.some((clip) => isNumber(clip.margin)), range: ARGUED, apart: CLIPS.some(TESTS.apart), failing: ARGUED, disagree: Boolean(DATA.compared) };
  byId("switches").replaceChildren(...Object.keys(TESTS).filter((name) => possible[name] !== false).map((name) => h("button", { type: "button", class: "chip", id: "switch-" + name,
    "aria-pressed": String(state.switches[name]), on: { click: (event) => {
      state.switches[name] = !state.switches[name]; event.currentTarget.setAttribute("aria-pressed", String(state.switches[name])); applyFilters();
    } } }, w[name])));
}

function filterSelect(name) {
  const w = words(), values = [...tally(CLIPS.map(FIELDS[name])).keys()];
  const order = ["label", "truth"].includes(name) ? (a, b) => DATA.labels.indexOf(a) - DATA.labels.indexOf(b) : (a, b) => (a < b ? -1 : 1);
  return h("select", { id: "select-" + name, "aria-label": w[name], on: { change: (event) => { state.selects[name] = event.target.value; applyFilters(); } } },
    h("option", { value: "" }, w[name]),
    values.sort(order).map((value) => h("option", { value: value || "-", selected: state.selects[name] === (value || "-") }, valueName(name, value))));
}

function valueName(field, value) {
  if (!value) return words().none;
  return field === "language" ? languageName(value) : DATA.labels.includes(value) ? `${value} ${labelText(value)}` : word(value);
}

function sortSelect() {
  const w = words(), names = Object.keys(SORTS).filter((name) => CLIPS.some((clip) => isNumber(SORTS[name](clip)) && (SORTS[name](clip) >= 0)));
  return h("select", { id: "sort", "aria-label": w.sortBy, on: { change: (event) => { state.sort = event.target.value; applyFilters(); } } },
    names.map((name) => h("option", { value: name, selected: state.sort === name }, `${w.sortBy} ${w.sorts[name]}`)));
}

function directionButton() {
  const w = words(), name = state.down ? w.down : w.up;
  const turn = () => { state.down = !state.down; renderFrame(); byId("direction").focus(); applyFilters(); };
  return h("button", { id: "direction", type: "button", class: "chip", "aria-label": name, title: name, on: { click: turn } }, state.down ? "↓" : "↑");
}

function clearFilters() {
  state.search = byId("search").value = "";
  state.cell = state.pair = null;
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
  else if (inList && event.key === "Enter") byId("detail").focus();
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
window.addEventListener("hashchange", () => { open(fromAddress(), true); if (fromAddress()) showScreen("clip"); });
document.addEventListener("keydown", onKey);
byId("clear").addEventListener("click", clearFilters);
byId("home").addEventListener("click", () => { open(null); showScreen("clip"); });
byId("skip").addEventListener("click", () => byId("detail").focus());
byId("language").addEventListener("click", () => {
  state.interface = state.interface === "en" ? "zh" : "en"; remember("interface", state.interface);
  renderFrame(); renderList(); open(state.selected, true);
});
byId("theme").addEventListener("click", () => {
  const order = ["auto", "light", "dark"];
  state.theme = order[(order.indexOf(state.theme) + 1) % 3]; remember("theme", state.theme); renderFrame();
});
if (window !== window.parent && CLIPS.length === 1) document.body.dataset.framed = "";
showScreen(fromAddress() ? "clip" : "list");
renderFrame();
renderFiltered();
open(fromAddress(), true);
// So that the first search need not wait.
window.addEventListener("load", () => setTimeout(() => readTexts().catch(() => {}), 50));
