// When in the clip a head's answer lies: a lane for each head whose ranking of intervals beats random ones.
Object.assign(WORDS.en, {
  lies: (head) => `${head}: when`, hiding: (from, to, change, label) => `${from}–${to} hidden: ${change} in P(${label})`,
  saliencyOf: (head, label, p) => `${head}: ${label} ${p}. Green: hiding the interval lowers it; red: raises it; as strong as its share of the largest effect.`,
  saliencyHidden: (head) => `${head}: no interval is shown`, saliencyHeads: { face: "face", voice: "voice", moments: "omni model", regions: "omni model, regions of the picture" },
});
Object.assign(WORDS.zh, {
  lies: (head) => `${head}：何时`, hiding: (from, to, change, label) => `遮去 ${from}–${to}：P(${label}) 变化 ${change}`,
  saliencyOf: (head, label, p) => `${head}：${label} ${p}。绿色：遮去该时段会降低概率；红色：会升高；深浅为其占最大影响的比例。`,
  saliencyHidden: (head) => `${head}：不显示时段`, saliencyHeads: { face: "表情", voice: "声音", moments: "全模态模型", regions: "全模态模型，画面区域" },
});
PHRASES_ZH.push([/^(deletion and insertion|deletion|insertion) no better than random rankings$/, "时段的排序并不优于随机排序"], [/^no better than random rankings$/, "排序并不优于随机排序"],
  [/^no opinion on the voice: less than \.3 s of speech$/, "声音没有判断：语音不足 0.3 秒"], [/^no face that the head reads.*$/, "没有可读的脸：未找到，或太小，或转开"], [/^no sound$/, "没有声音"], [/^no pictures$/, "没有画面"]);

const saliencyLanes = (clip) => list(clip.saliency).map(record).filter((lane) => isText(lane.head) && list(lane.effects).every(isNumber));
const headName = (lane) => words().saliencyHeads[lane.head] || lane.head;

function saliencyRows(clip, length) {
  const w = words();
  return saliencyLanes(clip).filter((lane) => list(lane.intervals).length).flatMap((lane) => {
    const strongest = Math.max(...lane.effects.map(Math.abs), 1e-9), label = readingText(String(lane.label));
    const parts = list(lane.intervals).map(([start, end], index) => {
      const effect = lane.effects[index], title = w.hiding(start.toFixed(1), seconds(end), signed(-effect), label);
      return h("button", { type: "button", title, "aria-label": title, on: { click: () => seek(start) }, "data-from": start, "data-to": end,
        style: { left: (100 * start) / length + "%", width: (100 * (end - start)) / length + "%", background: effect >= 0 ? "var(--good)" : "var(--bad)", opacity: 0.08 + (0.82 * Math.abs(effect)) / strongest } });
    });
    return [h("span", { class: "name" }, w.lies(headName(lane))), h("div", { class: "lane saliency", id: `saliency-${lane.head}` }, parts)];
  });
}

// The picture's cells as the model was denied them: its shape is that of any picture, wide.
function saliencyGrid(lane) {
  const strongest = Math.max(...lane.effects.map(Math.abs), 1e-9);
  return h("div", { class: "cells", role: "img", "aria-label": headName(lane), style: { "grid-template-columns": `repeat(${lane.grid}, 1fr)` } },
    lane.effects.map((effect) => h("i", { title: signed(-effect), style: { background: effect >= 0 ? "var(--good)" : "var(--bad)", opacity: 0.08 + (0.82 * Math.abs(effect)) / strongest } })));
}

function saliencyNotes(clip) {
  const w = words(), lanes = saliencyLanes(clip);
  if (!lanes.length) return null;
  return h("div", { id: "saliency" }, lanes.map((lane) => h("p", { class: "foot" }, list(lane.effects).length
    ? w.saliencyOf(headName(lane), readingText(String(lane.label)), isNumber(lane.probability) ? lane.probability.toFixed(2) : "–")
    : `${w.saliencyHidden(headName(lane))}: ${translated(String(lane.why_not || ""))}`)),
    lanes.filter((lane) => isNumber(lane.grid) && list(lane.effects).length).map(saliencyGrid));
}
