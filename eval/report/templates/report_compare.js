// The other run: clip by clip, and over all clips what changed.
function compareCard(clip) {
  const w = words(), other = record(clip.other);
  if (!clip.other) return null;
  const mine = record(clip.prediction), theirs = record(other.prediction), same = mine.label === theirs.label;
  const sides = [[DATA.run, mine.label, record(clip.answer).label, clip.parse, clip.think, clip], [DATA.compared, theirs.label, other.answer, other.parse, other.think, other]];
  const unchanged = isText(clip.think) && clip.think === other.think;
  // Two texts without a sentence in common, of two languages say, differ everywhere: no mark would tell anything.
  const common = sentencesOf(clip.think).some((part) => sentencesOf(other.think).includes(part));
  return card(w.compared, [badge(DATA.compared), labelMark(mine.label), h("span", {}, "→"), labelMark(theirs.label), badge(same ? w.sameLabel : w.otherLabel, same ? "good" : "warn")],
    argumentPair(clip, other), probabilityPairs(mine, theirs), contributionPairs(record(record(clip.attribution).values), record(other.values)),
    unchanged ? h("p", { class: "foot" }, w.sameText) : h("div", { class: "beside" }, sides.map(([name, label, answer, parse, think, part], side) => {
      const against = new Set(sentencesOf(sides[1 - side][4]));
      return h("div", {}, h("h4", {}, name, labelMark(label), ...claimBadges(part), parse === "unparsed" ? badge(w.notParsed, "bad") : null),
        isText(think) ? h("p", { class: "prose other" }, common ? comparedProse(think, claimsOf(part), against) : markedProse(think, claimsOf(part))) : h("p", { class: "muted" }, w.noReasoning));
    })), unchanged ? null : h("p", { class: "foot" }, common ? w.onlyHere : w.nothingCommon));
}

// The two arguments side by side: what decided here, and what decided there.
function argumentPair(clip, other) {
  const sides = [[DATA.run, clip], [DATA.compared, other]].map(([name, part]) => [name, part, argumentPicture(record(part.argument))]);
  if (!sides.some(([, , picture]) => picture)) return null;
  return h("div", { class: "beside arguments" }, sides.map(([name, part, picture]) => {
    const judged = record(part.judgement), strategy = record(part.argument).strategy, sentence = record(judged.sentence)[state.interface];
    return h("div", {}, h("h4", {}, name, isText(strategy) ? badge(strategyName(strategy)) : null, ...flagBadges(judged.flags)), isText(sentence) ? h("p", {}, sentence) : null,
      picture || h("p", { class: "muted" }, words().noAttribution));
  }));
}

const sentencesOf = (text) => (isText(text) ? text.match(/[^。！？!?；;\n]+?(?:[。！？!?；;\n]+|\.(?=\s|$)|$)/g) || [] : []).map((part) => part.trim());

// The claims of a text, with the sentences that the other text does not have underlined.
function comparedProse(text, claims, against) {
  const nodes = [];
  let at = 0;
  for (const part of text.match(/[^。！？!?；;\n]+?(?:[。！？!?；;\n]+|\.(?=\s|$)|$)|[。！？!?；;\n]+/g) || []) {
    const length = Array.from(part).length, inside = claims.filter((claim) => claim.start >= at && claim.end <= at + length);
    const marked = markedProse(part, inside.map((claim) => ({ ...claim, start: claim.start - at, end: claim.end - at })));
    nodes.push(part.trim() && !against.has(part.trim()) ? h("span", { class: "only" }, marked) : h("span", {}, marked));
    at += length;
  }
  return nodes;
}

function probabilityPairs(mine, theirs) {
  if (!fiveNumbers(mine.probabilities) || !fiveNumbers(theirs.probabilities)) return null;
  return h("div", { class: "bars" }, DATA.labels.flatMap((label, index) => {
    const a = mine.probabilities[index], b = theirs.probabilities[index];
    return [labelMark(label), h("div", { class: "pair", role: "img", "aria-label": `${label} ${percent(a)} → ${percent(b)}` },
      h("div", { class: "bar" }, h("i", { style: { width: 100 * a + "%", background: labelColour(label) } })),
      h("div", { class: "bar thin" }, h("i", { style: { width: 100 * b + "%", background: labelColour(label) } }))), h("span", { class: "value" }, `${percent(a)} → ${percent(b)}`)];
  }));
}

function contributionPairs(mine, theirs) {
  const names = MODALITIES.filter((name) => isNumber(mine[name]) || isNumber(theirs[name]));
  const shown = (value) => (isNumber(value) ? signed(value) : "–");
  return names.length ? h("p", { class: "foot" }, `${words().contributions}: ` + names.map((name) => `${modalityName(name)} ${shown(mine[name])} → ${shown(theirs[name])}`).join(" · ")) : null;
}

function changesCard() {
  const w = words(), changes = record(DATA.changes);
  if (!DATA.changes) return null;
  const right = record(changes.right), judged = Object.values(right).reduce((a, b) => a + b, 0), pairs = list(changes.pairs);
  const names = [...new Set(pairs.flatMap(([a, b]) => [a, b]))].sort((a, b) => DATA.labels.indexOf(a) - DATA.labels.indexOf(b));
  const count = (a, b) => (pairs.find((pair) => pair[0] === a && pair[1] === b) || [0, 0, 0])[2];
  const choose = (a, b) => { state.pair = [a, b]; applyFilters(); step(1); };
  const cell = (a, b) => h("td", { class: a === b ? "same" : "" },
    h("button", { type: "button", "aria-label": `${a} → ${b}: ${count(a, b)}`, on: { click: () => choose(a, b) } }, count(a, b)));
  const table = h("table", { class: "matrix" }, h("caption", {}, w.pairs(DATA.run, DATA.compared)),
    h("thead", {}, h("tr", {}, h("td", {}), names.map((name) => h("th", { scope: "col" }, name || w.unlabelledMark)))),
    h("tbody", {}, names.map((a) => h("tr", {}, h("th", { scope: "row" }, a || w.unlabelledMark), names.map((b) => cell(a, b))))));
  const facts = [[w.inBoth, changes.both], [w.onlyIn(DATA.run), changes.only_here], [w.onlyIn(DATA.compared), changes.only_there], [w.sameLabel, changes.same_label], [w.sameTexts, changes.same_text],
    [w.claimRate.contradicted, list(changes.contradicted).join(" → ")]];
  if (judged) facts.push([w.fixed, right.second], [w.broken, right.first], [w.bothRight, right.both], [w.bothWrong, right.neither]);
  if (isNumber(changes.mcnemar)) facts.push(["McNemar p", changes.mcnemar.toFixed(3)]);
  return card(w.compared, [badge(DATA.compared)], h("div", { class: "grid" }, h("dl", { class: "pairs" }, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))])), table));
}
