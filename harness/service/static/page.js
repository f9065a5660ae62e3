// Upload, progress, story. All text from outside is set as text, never as markup.
const trouble = (text) => { byId("trouble").textContent = text; byId("trouble").hidden = !text; };
const explained = (problem) => [problem.detail, problem.remedy ? words().remedy + problem.remedy : ""].filter(Boolean).join(" — ");
let events = null;

async function ask(address, options) {
  let answer;
  try { answer = await fetch(address, options); } catch { trouble(words().lost); return null; }
  if (answer.status === 401 && address !== "/v1/session") { byId("login").hidden = false; byId("drop").hidden = true; return null; }
  if (answer.ok) return answer;
  let problem = {};
  try { problem = await answer.json(); } catch { problem = { detail: `${answer.status}` }; }
  trouble(explained(problem));
  return null;
}

function showFrame() {
  const w = words();
  document.documentElement.lang = state.interface === "zh" ? "zh-CN" : "en";
  document.documentElement.dataset.theme = state.theme;
  document.title = w.title;
  for (const [id, text] of Object.entries({ title: w.title, language: w.other, theme: w.theme[state.theme], docs: w.docs, live: w.live, "drop-title": w.drop, "zone-text": w.zone,
    "transcript-label": w.transcript, "spoken-label": w.spoken, send: w.send, privacy: w.privacy, "progress-title": w.progress, "jobs-title": w.jobs,
    "login-title": w.login, "token-label": w.token, "login-button": w.enter, "watch-title": w.watch, "watch-page": w.watchPage })) byId(id).textContent = text;
  byId("record").textContent = byId("record").getAttribute("aria-pressed") === "true" ? w.stop : w.record;
  byId("spoken").options[0].textContent = w.detect;
  byId("story").title = w.story;
  if (state.job) showJob(state.job);
}

function choose(file) {
  state.file = file || null;
  byId("chosen").textContent = file ? `${file.name} · ${(file.size / 1e6).toFixed(1)} MB` : "";
  byId("send").disabled = !file;
  trouble("");
}

function stageItem(stage, current) {
  const w = words(), outcome = stage.outcome ? w.outcome[stage.outcome] : "";
  return h("li", { "data-stage": stage.name, "data-outcome": stage.outcome, "aria-current": stage.name === current ? "step" : null },
    [w.stages[stage.name] || stage.name, outcome].filter(Boolean).join(" · "));
}

function showJob(job) {
  const w = words();
  state.job = job;
  byId("progress").hidden = false;
  byId("job-name").textContent = job.name;
  byId("job-state").textContent = job.state === "queued" && job.before !== null ? w.before(job.before) : w.state[job.state] || job.state;
  byId("bar").value = job.progress;
  byId("stages").replaceChildren(...list(job.stages).map((stage) => stageItem(stage, job.stage)));
  byId("job-acts").replaceChildren(...[
    job.state === "finished" ? h("a", { class: "quiet", href: job.links.story }, w.storyFile) : null,
    job.links ? h("button", { type: "button", class: "quiet", id: "erase", on: { click: () => erase(job) } }, w.erase) : null,
  ].filter(Boolean));
  if (job.state === "failed") trouble(explained(job.problem || {}));
  const frame = byId("story"), address = job.state === "finished" ? `${job.links.page}#clip=${encodeURIComponent(job.name)}` : "";
  frame.hidden = !address;
  if (address && frame.dataset.address !== address) { frame.dataset.address = address; frame.src = address; }
}

function follow(id) {
  if (events) events.close();
  history.replaceState(null, "", "#job=" + id);
  events = new EventSource(`/v1/jobs/${id}/events`);
  events.addEventListener("job", (event) => {
    const job = JSON.parse(event.data);
    trouble(""); showJob(job);
    if (["finished", "failed"].includes(job.state)) { events.close(); latest(); }
  });
  events.addEventListener("erased", () => { events.close(); forget(); });
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) ask(`/v1/jobs/${id}`).then((answer) => answer && setTimeout(() => follow(id), 1000)); else trouble(words().lost); };
}

function forget() {
  state.job = null;
  byId("upload").reset(); choose(null);
  byId("job-name").textContent = "";
  byId("progress").hidden = byId("story").hidden = true;
  byId("story").removeAttribute("src"); delete byId("story").dataset.address;
  history.replaceState(null, "", "#");
  latest();
}

async function erase(job) {
  if (events) events.close();
  if (await ask(job.links.self, { method: "DELETE" })) { forget(); trouble(words().erased); }
}

async function latest() {
  const answer = await ask("/v1/jobs");
  if (!answer) return;
  const jobs = (await answer.json()).slice(0, 12);
  byId("jobs").hidden = !jobs.length;
  byId("job-list").replaceChildren(...jobs.map((job) => h("li", {},
    h("button", { type: "button", class: "link", on: { click: () => follow(job.id) } }, job.name), " ", h("span", { class: "muted" }, words().state[job.state]))));
}

async function send(event) {
  event.preventDefault();
  if (!state.file) return;
  trouble("");
  const form = new FormData();
  form.append("file", state.file, state.file.name);
  if (byId("transcript").files[0]) form.append("transcript", byId("transcript").files[0]);
  if (byId("spoken").value) form.append("language", byId("spoken").value);
  byId("send").disabled = true;
  byId("job-state").textContent = words().state.uploading;
  const answer = await ask("/v1/infer", { method: "POST", body: form });
  byId("send").disabled = false;
  if (answer) { const job = await answer.json(); showJob(job); follow(job.id); byId("progress").scrollIntoView({ block: "nearest" }); }
}

async function login(event) {
  event.preventDefault();
  if (!(await ask("/v1/session", { method: "POST", body: new FormData(byId("login-form")) }))) return;
  byId("token").value = ""; byId("login").hidden = true; byId("drop").hidden = false;
  trouble(""); begin();
}

function begin() {
  latest();
  const match = /^#job=([0-9a-f]{32})$/.exec(location.hash);
  if (match) follow(match[1]);
  document.dispatchEvent(new Event("begin"));
}

byId("file").addEventListener("change", (event) => choose(event.target.files[0]));
for (const name of ["dragenter", "dragover"]) byId("zone").addEventListener(name, (event) => { event.preventDefault(); byId("zone").classList.add("over"); });
for (const name of ["dragleave", "drop"]) byId("zone").addEventListener(name, (event) => { event.preventDefault(); byId("zone").classList.remove("over"); });
byId("zone").addEventListener("drop", (event) => choose(event.dataTransfer.files[0]));
byId("upload").addEventListener("submit", send);
byId("login-form").addEventListener("submit", login);
byId("language").addEventListener("click", () => {
  state.interface = state.interface === "en" ? "zh" : "en"; remember("interface", state.interface); showFrame(); latest();
  if (byId("story").src) byId("story").contentWindow.location.reload();
});
byId("theme").addEventListener("click", () => {
  const order = ["auto", "light", "dark"];
  state.theme = order[(order.indexOf(state.theme) + 1) % 3]; remember("theme", state.theme); showFrame();
  if (byId("story").src) byId("story").contentWindow.location.reload();
});
document.addEventListener("DOMContentLoaded", () => { showFrame(); begin(); });
