// The data: rows for the list at once, details and texts unpacked when they are needed; filters and order.
const DATA = JSON.parse(document.getElementById("data").textContent);
const LABELLED = DATA.headline !== null;
const byId = (id) => document.getElementById(id);
const COLUMNS = Object.entries(DATA.columns);
const CLIPS = list((DATA.columns || {}).id).map((id, index) => {
  const row = { index, low: id.toLowerCase() };
  for (const [name, values] of COLUMNS) row[name] = values[index];
  return row;
});
const BY_ID = new Map(CLIPS.map((clip) => [clip.id, clip]));
const BLOCKS = document.querySelectorAll("script.details"), TEXT_BLOCKS = document.querySelectorAll("script.texts");
const opened = new Map();
let texts = null;
// What is being unpacked: whoever must see the page at rest waits for it.
let pending = Promise.resolve();

async function unpack(node) {
  const packed = atob(node.textContent), bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

const detailOf = (row) => { const block = opened.get(Math.floor(row.index / DATA.chunk)); return block ? block[row.index % DATA.chunk] : null; };

async function openBlock(number) {
  if (number < 0 || number >= BLOCKS.length || opened.has(number)) return;
  const block = await unpack(BLOCKS[number]);
  // A long session must not hold twenty thousand stories.
  if (opened.size > 60) opened.delete(opened.keys().next().value);
  opened.set(number, block);
}

let readingTexts = null;
function readTexts() {
  readingTexts = readingTexts || (async () => {
    const read = [];
    for (const node of TEXT_BLOCKS) read.push(...(await unpack(node)));
    texts = read;
  })();
  return readingTexts;
}

const SORTS = {
  id: (clip) => clip.index, label: (clip) => DATA.labels.indexOf(clip.label), truth: (clip) => DATA.labels.indexOf(clip.truth),
  confidence: (clip) => clip.confidence, margin: (clip) => clip.margin, contradicted: (clip) => clip.contradicted, claims: (clip) => clip.claims, agreement: (clip) => clip.agreement,
  seconds: (clip) => clip.seconds, spent: (clip) => clip.spent, language: (clip) => ["zh", "en"].indexOf(clip.language),
};
const FIELDS = { status: (clip) => clip.status, language: (clip) => clip.language, label: (clip) => clip.label, truth: (clip) => clip.truth || "" };
const TESTS = {
  wrong: (clip) => isText(clip.truth) && clip.truth !== clip.label,
  unparsed: (clip) => clip.parse === "unparsed",
  partial: (clip) => clip.status === "partial",
  differs: (clip) => isText(clip.answer) && clip.answer !== clip.label,
  contradicted: (clip) => clip.contradicted > 0,
  conflict: (clip) => list(clip.flags).includes("conflict"),
  close: (clip) => list(clip.flags).includes("close"),
  range: (clip) => list(clip.flags).includes("range"),
  apart: (clip) => list(clip.flags).includes("apart"),
  failing: (clip) => list(clip.failing).length > 0,
  divided: (clip) => isNumber(clip.agreement) && clip.agreement < 1,
  disagree: (clip) => clip.other !== null && clip.other !== clip.label,
};

const state = {
  interface: recall("interface") || ((navigator.language || "").toLowerCase().startsWith("zh") ? "zh" : "en"),
  theme: recall("theme") || "auto", search: "", selects: { label: "", status: "", language: "", truth: "" },
  switches: Object.fromEntries(Object.keys(TESTS).map((name) => [name, false])), cell: null, pair: null,
  sort: "id", down: false, shown: [], selected: null,
};
if (!WORDS[state.interface]) state.interface = "en";

function recall(name) { try { return localStorage.getItem("report." + name); } catch { return null; } }
function remember(name, value) { try { localStorage.setItem("report." + name, value); } catch { /* private window */ } }

function passes(clip) {
  for (const [name, wanted] of Object.entries(state.selects)) if (wanted && FIELDS[name](clip) !== (wanted === "-" ? "" : wanted)) return false;
  for (const [name, on] of Object.entries(state.switches)) if (on && !TESTS[name](clip)) return false;
  if (state.cell && (clip.truth !== state.cell[0] || clip.label !== state.cell[1])) return false;
  return !state.pair || (clip.label === state.pair[0] && clip.other === state.pair[1]);
}

function found(clip, parts) {
  const text = texts ? texts[clip.index] : clip.low;
  return parts.every((part) => text.includes(part));
}

function filtered() {
  const parts = state.search.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = CLIPS.filter((clip) => passes(clip) && (!parts.length || found(clip, parts)));
  if (state.sort === "id" && !state.down) return kept;
  const key = SORTS[state.sort], sign = state.down ? -1 : 1;
  // What has no value stands last, whichever way the list runs.
  return kept.sort((a, b) => {
    const x = key(a), y = key(b);
    if (!isNumber(x) || !isNumber(y)) return isNumber(y) - isNumber(x) || a.index - b.index;
    return sign * (x - y) || a.index - b.index;
  });
}
