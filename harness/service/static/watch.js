// The run that the server was told to watch; nothing is shown without one.
function showRun(run) {
  const w = words();
  byId("watch").hidden = false;
  byId("watch-state").textContent = run.complete ? w.watchDone(run.name, run.finished) : w.watchState(run.name, run.begun, run.finished);
  byId("watch-bar").value = run.complete ? 1 : run.begun ? run.finished / run.begun : 0;
  byId("watch-page").hidden = !run.complete;
  const head = h("tr", {}, ...[w.clip, w.label, w.status, w.reason].map((text) => h("th", { scope: "col" }, text)));
  byId("watch-clips").replaceChildren(h("thead", {}, head), h("tbody", {}, ...list(run.clips).map((clip) =>
    h("tr", {}, h("td", {}, clip.id), h("td", {}, labelMarkOf(clip.label)), h("td", {}, w.stages[clip.stage] || clip.status), h("td", {}, clip.reason)))));
}

const labelMarkOf = (label) => (label ? h("b", {}, label) : "–");

async function lookAtRun() {
  const answer = await fetch("/v1/watch").catch(() => null);
  if (answer && answer.ok) {
    const run = await answer.json();
    if (!run.watched) return;
    showRun(run);
    if (run.complete) return;
  }
  setTimeout(lookAtRun, 2000);
}

document.addEventListener("begin", lookAtRun);
