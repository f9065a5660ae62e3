// A face's pictures before and after enhancement, and what that changed in what is measured on them.
Object.assign(WORDS.en, {
  enhanced: "Enhanced faces", sides: ["before", "after"], evidenceOn: { original: "evidence: as it is", enhanced: "evidence: enhanced" },
  enhanceFigures: { sharpness: "sharpness", noise: "noise, grey levels", jitter: "landmark jitter, eye distances", landmark_shift: "landmarks moved by, eye distances" },
  enhanceMethods: { denoise: "denoised", deblur: "deblurred" }, comparedOver: (n, from, to) => `${n} pictures in a row, ${from}–${to}; probabilities of the expression head from these alone`,
});
Object.assign(WORDS.zh, {
  enhanced: "人脸增强", sides: ["增强前", "增强后"], evidenceOn: { original: "证据取自原图", enhanced: "证据取自增强图" },
  enhanceFigures: { sharpness: "清晰度", noise: "噪声（灰度级）", jitter: "关键点抖动（眼距）", landmark_shift: "关键点移动（眼距）" },
  enhanceMethods: { denoise: "去噪", deblur: "去模糊" }, comparedOver: (n, from, to) => `连续 ${n} 帧，${from}–${to}；表情概率仅由这些帧得出`,
});

function enhancedCard(clip) {
  const w = words(), found = record(clip.enhanced), times = list(found.times).filter(isNumber);
  const changes = list(found.changes).map(record).filter((one) => isNumber(one.before) && isNumber(one.after));
  if (!changes.length || !times.length) return null;
  const pictures = list(found.pictures).filter((one) => isText(one) && /^[A-Za-z0-9+/=]+$/.test(one));
  const shown = pictures.length !== 2 ? null : h("div", { class: "thumbnails" }, pictures.map((one, index) =>
    h("div", {}, h("img", { src: "data:image/jpeg;base64," + one, alt: w.sides[index] }), h("span", { class: "foot" }, w.sides[index]))));
  const row = (name, before, after) => h("tr", {}, h("th", { scope: "row" }, name), h("td", { class: "number" }, before), h("td", { class: "number" }, after));
  const labels = list(found.labels), sides = [list(found.before), list(found.after)];
  const told = sides.every((side) => side.length === labels.length && side.every(isNumber)) ? labels.map((label, index) => index).sort((a, b) => sides[0][b] - sides[0][a]) : [];
  const figure = (value) => (value >= 10 ? value.toFixed(0) : value.toPrecision(2));
  return card(w.enhanced, [badge(w.enhanceMethods[found.method] || String(found.method)), badge(w.evidenceOn[found.evidence] || "")], shown,
    h("table", { id: "enhanced" }, h("thead", {}, h("tr", {}, h("td", {}), w.sides.map((side) => h("th", { class: "number", scope: "col" }, side)))), h("tbody", {},
      changes.map((one) => row(w.enhanceFigures[one.name] || String(one.name), figure(one.before), figure(one.after))),
      told.map((index) => row(readingText(labels[index]), percent(sides[0][index]), percent(sides[1][index]))))),
    h("p", { class: "foot" }, w.comparedOver(times.length, times[0].toFixed(1), seconds(times[times.length - 1]))));
}
