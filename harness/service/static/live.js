// The last seconds of camera and microphone, sent window by window; one is under way at a time, the others are skipped.
const WINDOW = 2.5, HOP = 1.0, RATE = 16000, PICTURES = 5, SIDE = 480, MINUTE = 60;
const LEVELS = ["SNEG", "WNEG", "NEUT", "WPOS", "SPOS"];
const counted = { judged: 0, skipped: 0, late: 0 };
let live = null;

const trouble = (text) => { byId("trouble").textContent = text; byId("trouble").hidden = !text; };

function showFrame() {
  const w = words();
  document.documentElement.lang = state.interface === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = state.theme;
  document.title = w.live;
  for (const [id, text] of Object.entries({ title: w.live, back: w.title, start: live ? w.liveStop : w.liveStart, keep: w.keep, privacy: w.livePrivacy, "curve-title": w.curve, "measured-title": w.measuredTitle }))
    byId(id).textContent = text;
  byId("curve").setAttribute("aria-label", w.curve);
}

// 16-bit WAV of the samples of [from, to), counted from the beginning of the session.
function wav(from, to) {
  const first = Math.round(from * RATE), count = Math.round(to * RATE) - first, bytes = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, letters) => [...letters].forEach((letter, index) => bytes.setUint8(at + index, letter.charCodeAt(0)));
  text(0, "RIFF"); bytes.setUint32(4, 36 + 2 * count, true); text(8, "WAVEfmt "); bytes.setUint32(16, 16, true); bytes.setUint16(20, 1, true);
  bytes.setUint16(22, 1, true); bytes.setUint32(24, RATE, true); bytes.setUint32(28, 2 * RATE, true); bytes.setUint16(32, 2, true); bytes.setUint16(34, 16, true);
  text(36, "data"); bytes.setUint32(40, 2 * count, true);
  for (const block of live.sound) for (let index = 0; index < block.samples.length; index += 1) {
    const at = block.first + index - first;
    if (at >= 0 && at < count) bytes.setInt16(44 + 2 * at, Math.max(-1, Math.min(1, block.samples[index])) * 32767, true);
  }
  return new Blob([bytes.buffer], { type: "audio/wav" });
}

const now = () => (performance.now() - live.begun) / 1000;

function takePicture() {
  const video = byId("camera"), scale = SIDE / Math.max(video.videoWidth, video.videoHeight, SIDE), at = now();
  if (!video.videoWidth) return;
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * scale); canvas.height = Math.round(video.videoHeight * scale);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  const session = live;
  canvas.toBlob((jpeg) => { if (jpeg) session.pictures.push({ at, jpeg }); }, "image/jpeg", 0.85);
  live.pictures = live.pictures.filter((one) => one.at > at - 2 * WINDOW);
  live.sound = live.sound.filter((one) => one.first / RATE > at - live.heardSeconds - WINDOW);
}

async function sendWindow() {
  if (!live || live.heard / RATE < WINDOW) return;
  if (live.busy) { counted.skipped += 1; return; }
  const session = live, end = live.heard / RATE, start = end - WINDOW, ended = performance.now(), form = new FormData();
  const shown = live.pictures.filter((one) => one.at >= start && one.at < end).sort((a, b) => a.at - b.at);
  form.append("session", session.name); form.append("start", start); form.append("end", end);
  form.append("times", JSON.stringify(shown.map((one) => Number((one.at - start).toFixed(3)))));
  form.append("sound", wav(start, end), "sound.wav");
  for (const one of shown) form.append("pictures", one.jpeg, "picture.jpg");
  session.busy = true;
  try {
    const answer = await fetch("/v1/live/window", { method: "POST", body: form });
    if (answer.ok) { counted.judged += 1; counted.late = (performance.now() - ended) / 1000; trouble(""); if (live === session) showJudgement(await answer.json()); }
    else if (answer.status === 429) counted.skipped += 1;
    else { const problem = await answer.json(); trouble([problem.detail, problem.remedy].filter(Boolean).join(" — ")); }
  } catch { trouble(words().lost); }
  session.busy = false;
  if (counted.judged) byId("state").textContent = words().liveState(counted.judged, counted.skipped, counted.late);
}

// The last seconds are heard for words, again as soon as the ones before have been.
async function hearWords() {
  if (!live || live.hearing || live.noWords || live.heard / RATE < WINDOW) return;
  const session = live, end = live.heard / RATE, start = Math.max(0, end - live.heardSeconds), form = new FormData();
  form.append("session", session.name); form.append("start", start); form.append("end", end);
  form.append("sound", wav(start, end), "sound.wav");
  session.hearing = true;
  try {
    const answer = await fetch("/v1/live/words", { method: "POST", body: form });
    if (answer.ok && live === session) byId("said").textContent = (await answer.json()).text;
  } catch { trouble(words().lost); }
  session.hearing = false;
}

function showJudgement(judged) {
  const w = words(), shares = record(judged.probabilities), names = Object.keys(shares);
  byId("label").textContent = names.length ? judged.label : w.nothing;
  byId("bars").replaceChildren(...names.map((name) => h("div", { class: "share" }, h("span", {}, name), h("progress", { max: 1, value: shares[name], "aria-label": name, class: name }), h("span", {}, percent(shares[name])))));
  byId("measured").replaceChildren(...Object.entries(record(judged.measured)).flatMap(([name, value]) => [h("dt", {}, w.measures[name] || name), h("dd", {}, String(Number(value.toFixed(3))))]));
  live.curve.push({ at: judged.end, shares });
  live.curve = live.curve.filter((one) => one.at > judged.end - MINUTE);
  drawCurve(names, judged.end);
}

function drawCurve(names, end) {
  const lines = names.map((name) => {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    line.setAttribute("points", live.curve.map((one) => `${(600 * (1 - (end - one.at) / MINUTE)).toFixed(1)},${(155 - 150 * (one.shares[name] || 0)).toFixed(1)}`).join(" "));
    line.setAttribute("class", "line " + (LEVELS.includes(name) ? name : "NEUT"));
    return line;
  });
  byId("curve").replaceChildren(...lines);
}

async function begin() {
  let stream;
  try { stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true }); }
  catch (fault) { trouble(words().noDevice + fault.name); return; }
  byId("start").disabled = true; byId("keep").hidden = true; byId("state").textContent = words().loading;
  const begun = await beginSession();
  byId("start").disabled = false; byId("state").textContent = "";
  if (!begun) { for (const track of stream.getTracks()) track.stop(); return; }
  const audio = new AudioContext({ sampleRate: RATE }), pieces = [];
  await audio.audioWorklet.addModule("/static/worklet.js");
  live = { stream, audio, pieces, begun: performance.now(), heard: 0, sound: [], pictures: [], curve: [], busy: false, hearing: false, name: begun.session, noWords: begun.no_words, heardSeconds: begun.heard_seconds, recorder: new MediaRecorder(stream) };
  const samples = new AudioWorkletNode(audio, "samples", { numberOfOutputs: 0 });
  samples.port.onmessage = (event) => {
    if (!live) return;
    if (!live.heard) live.begun = performance.now();
    live.sound.push({ first: live.heard, samples: event.data }); live.heard += event.data.length;
  };
  audio.createMediaStreamSource(stream).connect(samples);
  byId("camera").srcObject = stream; byId("camera").play();
  live.recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  live.recorder.start(1000);
  live.timers = [setInterval(takePicture, 1000 / PICTURES), setInterval(sendWindow, 1000 * HOP), setInterval(hearWords, 1000 * HOP)];
  Object.assign(counted, { judged: 0, skipped: 0, late: 0 });
  byId("said").textContent = begun.no_words;
  showFrame();
}

// The models are loaded before the first window, however long that takes; null when they cannot be.
async function beginSession() {
  trouble("");
  try {
    const answer = await fetch("/v1/live/begin", { method: "POST" }), said = await answer.json();
    if (answer.ok) return said;
    trouble([said.detail, said.remedy].filter(Boolean).join(" — "));
  } catch { trouble(words().lost); }
  return null;
}

function end() {
  const { stream, audio, timers, recorder, pieces } = live;
  timers.forEach(clearInterval);
  recorder.addEventListener("stop", () => {
    const name = `live-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.webm`;
    byId("keep").hidden = false;
    byId("keep").onclick = () => keep(new File(pieces, name, { type: recorder.mimeType }));
  });
  recorder.stop();
  for (const track of stream.getTracks()) track.stop();
  audio.close();
  byId("camera").srcObject = null;
  live = null;
  showFrame();
}

// The session's recording becomes a clip like any other.
async function keep(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  const answer = await fetch("/v1/infer", { method: "POST", body: form }).catch(() => null);
  if (!answer) { trouble(words().lost); return; }
  const said = await answer.json();
  if (answer.ok) location.assign("/#job=" + said.id);
  else trouble([said.detail, said.remedy].filter(Boolean).join(" — "));
}

byId("start").addEventListener("click", () => (live ? end() : begin()));
if (!navigator.mediaDevices || !window.AudioWorkletNode || !window.MediaRecorder) { byId("start").disabled = true; trouble(words().noDevice + "https"); }
showFrame();
