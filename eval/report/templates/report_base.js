// Making elements. Every text enters the document through textContent, never as markup.
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
// The modalities among names, then the nets from outside that the run was given.
const sources = (names) => [...MODALITIES.filter((name) => names.includes(name)), ...names.filter((name) => !MODALITIES.includes(name)).sort()];
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

const labelColour = (label) => list(DATA.colours)[DATA.labels.indexOf(label)] || "var(--soft)";

function labelMark(label, short) {
  if (!isText(label)) return h("span", { class: "label none" }, words().unlabelledMark);
  const known = DATA.labels.includes(label);
  const own = known && !labelColour(label).startsWith("var(");
  return h("span", { class: "label " + (known && !own ? label : "NEUT"), title: label, style: own ? { background: labelColour(label), color: "#fff" } : {} },
    short && known ? labelText(label) : [label, known && labelText(label) !== label ? h("span", { class: "in-words" }, " " + labelText(label)) : null]);
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

const tally = (values) => values.reduce((counts, value) => counts.set(value, (counts.get(value) || 0) + 1), new Map());
