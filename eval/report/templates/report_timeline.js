// The player and what was measured in time: events, words, tracks, pictures. Clicks seek.
function mediaCard(clip) {
  const w = words(), lanes = h("div", { id: "lanes" }, timeline(clip, clip.seconds), saliencyNotes(clip), thumbnailStrip(clip));
  if (!clip.media) return card(clip.id, [], h("p", { class: "muted" }, DATA.redacted ? w.redacted : w.noMedia), lanes);
  const note = h("p", { class: "foot" }, "");
  const player = h(clip.media.kind, { id: "player", controls: true, preload: "metadata", src: clip.media.src, "aria-label": clip.id,
    on: {
      error: () => { note.textContent = w.mediaFails + clip.media.shown; },
      loadedmetadata: (event) => { lanes.replaceChildren(...[timeline(clip, event.target.duration), saliencyNotes(clip), thumbnailStrip(clip)].filter(Boolean)); fitWords(); },
      timeupdate: (event) => follow(event.target.currentTime),
    } });
  return h("section", { class: "card media" }, player, note, lanes);
}

function seek(seconds) {
  const player = byId("player");
  if (player) { player.currentTime = seconds; player.focus({ preventScroll: true }); }
  follow(seconds);
}

// The line over the timeline, and the word that is being said.
function follow(seconds) {
  const head = byId("playhead");
  if (head) head.style.setProperty("left", `${Math.min((100 * seconds) / Number(head.dataset.length), 100)}%`);
  for (const node of document.querySelectorAll("[data-from]"))
    node.classList.toggle("now", Number(node.dataset.from) <= seconds && seconds < Number(node.dataset.to));
}

function eventTitle(item) {
  const size = isNumber(item.value) ? ` ${item.value.toFixed(2)} ${unitName(item.unit)}` : "";
  return [kindName(String(item.kind || "").trim()) + size, item.quote].filter(isText).join(" · ");
}

const linesOf = (clip) => list(record(clip.transcript).segments).map(record).filter((line) => isNumber(line.start) && isNumber(line.end));
const wordsOf = (line) => list(line.words).map(record).filter((one) => isNumber(one.start) && isNumber(one.end) && isText(one.text));

function timelineEvents(clip) {
  const complete = list(record(clip.timeline).events), items = list(record(clip.evidence).items).map(record);
  const all = complete.length ? [...items.filter((item) => item.modality === "text"), ...complete.map(record)] : items;
  const events = all.filter((item) => isNumber(item.start) && isNumber(item.end))
    .map((item) => ({ lane: item.modality, start: item.start, end: item.end, title: eventTitle(item) }));
  const lines = linesOf(clip), spoken = lines.flatMap(wordsOf);
  if (spoken.length)
    return [...events.filter((event) => event.lane !== "text"), ...spoken.map((one) => ({ lane: "text", start: one.start, end: one.end, title: one.text.trim() + effectTitle(one), shown: one.text.trim(), effect: one.effect }))];
  if (!lines.length) return events;
  return [...events.filter((event) => event.lane !== "text"), ...lines.map((line) => ({ lane: "text", start: line.start, end: line.end, title: String(line.text || ""), shown: String(line.text || ""), effects: line.effects }))];
}

function timeline(clip, duration) {
  const events = timelineEvents(clip);
  if (!events.length && list(record(clip.timeline).level).length < 2) return null;
  const length = Math.max(...events.map((event) => event.end), isNumber(duration) ? duration : 0, 0.1);
  const rows = [...MODALITIES, "brief", "body"].filter((name) => events.some((event) => event.lane === name)).flatMap((name) => [
    h("span", { class: "name" }, modalityName(name)),
    h("div", { class: "lane" + (events.some((event) => event.lane === name && event.shown) ? " spoken" : "") },
      events.filter((event) => event.lane === name).map((event) => laneButton(event, length))),
  ]);
  rows.push(...saliencyRows(clip, length), ...trackRows(clip, length));
  const axis = h("div", { class: "axis" }, [0, 0.25, 0.5, 0.75, 1].map((part) => h("span", {}, part === 1 ? seconds(part * length) : (part * length).toFixed(1))));
  const head = h("div", { class: "playhead", "aria-hidden": "true" }, h("i", { id: "playhead", "data-length": length }));
  return h("div", { class: "timeline", role: "group", "aria-label": words().times, title: words().times }, rows, h("span", {}), axis, head);
}

// A word whose box is too narrow for it is shown as its colour alone; its title has it.
function fitWords() {
  const shown = [...document.querySelectorAll(".lane.spoken button")];
  const narrow = () => shown.filter((button) => button.textContent.length < 12 && button.scrollWidth > button.clientWidth + 1);
  for (const button of shown) button.classList.remove("small", "tight");
  for (const name of ["small", "tight"]) for (const button of narrow()) button.classList.add(name);
}
addEventListener("resize", fitWords);

function laneButton(event, length) {
  const title = `${event.start.toFixed(1)}–${seconds(event.end)}  ${event.title}`;
  const width = Math.max(0.6, (100 * (event.end - event.start)) / length), colour = modalityColour(event.lane);
  return h("button", { type: "button", class: effectClass(event).trim() || null, title, "aria-label": title, "data-from": event.start, "data-to": event.end, on: { click: () => seek(event.start) },
    style: { left: (100 * event.start) / length + "%", width: width + "%", ...(event.shown ? { "border-color": colour } : { background: colour }) } }, event.effects ? effectProse(event.shown, event.effects) : event.shown || "");
}

function thumbnailStrip(clip) {
  const pictures = list(clip.thumbnails).map(record).filter((one) => isNumber(one.at) && isText(one.src) && one.src.startsWith("data:image/jpeg;base64,"));
  if (!pictures.length) return null;
  return h("div", { class: "thumbnails" }, pictures.map((one) => h("button", { type: "button", title: seconds(one.at), on: { click: () => seek(one.at) } },
    h("img", { src: one.src, alt: words().picture(one.at.toFixed(1)) }), h("span", {}, seconds(one.at)))));
}

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
    h("i", { class: "speech", title: `${w.speech} ${start.toFixed(1)}–${seconds(end)}`, style: { left: (100 * start) / length + "%", width: (100 * (end - start)) / length + "%" } }));
  const toSeconds = (event) => seek((length * event.offsetX) / Math.max(event.currentTarget.clientWidth, 1));
  for (const [name, drawing] of [[w.level, level], [w.pitch, pitch]])
    if (drawing) rows.push(h("span", { class: "name" }, name), h("div", { class: "lane tall", on: { click: toSeconds } }, spoken.map((node) => node.cloneNode(true)), drawing));
  return rows;
}

