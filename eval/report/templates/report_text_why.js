// Words of the argument's part of the page, and what of the run's own English a Chinese page translates.
Object.assign(WORDS.en, {
  why: "What decided", headsOnly: "What the measuring heads say together; the submitted label may rest on the model's answer besides.",
  arrows: "An arrow is as wide as the modality's share in P(label): green towards it, red and dashed against it", title: "chains of thought",
  whyNot: (label) => `Why not ${label}?`, moved: (share) => `${share} in P(label)`, back: "‹ clips", allMeasured: "everything measured", translatedText: "The same argument, told in English; the submitted text is below.",
  behind: (name, p, points, chosen) => `“${name}” has ${p}, ${points} points less than “${chosen}”.`,
  gives: (who, x, mine) => `${who} (${x} against ${mine})`, rather: (parts, name, chosen) => `Taken alone, ${parts.join(" and ")} would rather say “${name}” than “${chosen}”.`,
  nobody: (name, chosen) => `No modality by itself gives “${name}” more than “${chosen}”.`,
  flips: (name, part, who, to) => `It would take ${part} % of what ${who} say moving to “${to}”.`.replace(/(the (?:voice|face|model's answer)) say /, "$1 says "), noFlip: () => "No change of a single modality brings it about.",
  otherFlip: (part, who, to, label) => `The smallest change of all leads elsewhere: ${part} % of ${who} moving to “${to}” would give “${label}”.`,
  theModality: { text: "the words", audio: "the voice", video: "the face", answer: "the model's answer" },
  readsAs: { text: (r, p) => `reads ${r} ${p.toFixed(2)}`, audio: (r, p) => `sounds ${r} ${p.toFixed(2)}`, video: (r, p) => `looks ${r} ${p.toFixed(2)}`, outside: (r, p) => `says ${r} ${p.toFixed(2)}` },
  flags: { fallback: "default label", close: "close call", conflict: "modalities disagree", range: "out of range", unsure: "poor input", missing: "half the evidence missing", apart: "model against measurement" },
  flagMeans: { fallback: "there was nothing to judge by", close: "less than 10 points ahead of the second label", conflict: "one modality is against what another says",
    range: "a measurement that moved the label lies more than 3 standard deviations from what its head was trained on", unsure: "the input of the modality that decides allowed little of an opinion",
    missing: "modalities with half of the weight or more say nothing", apart: "the model answers another label than what the heads measured together" },
  sameAsMeasured: "as measured", apart: (answer, label, p, steps) => `The model answers “${answer}”; together the heads measured “${label}” (${p}), ${steps === 1 ? "1 class" : steps + " classes"} away.`,
  leansWith: (names) => `Taken alone, on the answer's side of neutral: ${names.join(", ")}.`, leansAgainst: (names) => `On the other side: ${names.join(", ")}.`,
  flagsTitle: "To look at twice", conflict: "modalities disagree", close: "close calls", range: "out of range", failing: "explanation fails", textFails: "the text does not explain it",
  checks: { decider: "names what decided", opposition: "tells no opponent as support", conflict: "mentions conflicts", cues: "names the cues that moved most", label: "answers the submitted label",
    change: "changes with the label", "all of them": "all of them" },
  explanation: "Do the texts explain the decision?", textsChecked: "texts checked", failures: "failures", noFailures: "No failures.", explainedTop: "explanations hold", contradictedTop: "claims contradicted", unverifiableTop: (n) => `${n} unverifiable`,
  strategies: {}, original: "As submitted", about: "About these clips", unitSeconds: " s", zh: "Chinese", en: "English",
});
Object.assign(WORDS.en.sorts, { margin: "margin" });
Object.assign(WORDS.zh, {
  why: "由什么决定", headsOnly: "这里是各测量头合在一起的结论；提交的标签还可能取决于模型自己的回答。",
  arrows: "箭头的粗细表示该模态对 P(标签) 的贡献：绿色为支持，红色虚线为反对", title: "推理链",
  whyNot: (label) => `为什么不是${label}？`, moved: (share) => `对 P(标签) 的贡献 ${share}`, back: "‹ 片段列表", allMeasured: "全部测量结果", translatedText: "以下是同一论证的中文表述；提交的原文见下方。",
  behind: (name, p, points, chosen) => `“${name}”的概率为 ${p}，比“${chosen}”低 ${points} 个百分点。`,
  gives: (who, x, mine) => `${who}（${x}，对 ${mine}）`, rather: (parts, name, chosen) => `单看${parts.join("、")}，更像是“${name}”而不是“${chosen}”。`,
  nobody: (name, chosen) => `没有哪个模态单独给“${name}”的概率高于“${chosen}”。`,
  flips: (name, part, who, to) => `要变成“${name}”，需要${who}的倾向有 ${part}% 转为“${to}”。`, noFlip: (name) => `只改变某一个模态，无论如何都得不到“${name}”。`,
  otherFlip: (part, who, to, label) => `最小的改变指向别处：${who}的倾向有 ${part}% 转为“${to}”，标签就会变成“${label}”。`,
  theModality: { text: "话语", audio: "声音", video: "表情", answer: "模型的回答" },
  readsAs: { text: (r, p) => `读来${r} ${p.toFixed(2)}`, audio: (r, p) => `听来${r} ${p.toFixed(2)}`, video: (r, p) => `看来${r} ${p.toFixed(2)}`, outside: (r, p) => `判为${r} ${p.toFixed(2)}` },
  flags: { fallback: "默认标签", close: "差距很小", conflict: "模态冲突", range: "超出训练范围", unsure: "输入质量差", missing: "缺少一半依据", apart: "模型与测量不一致" },
  flagMeans: { fallback: "没有任何可用的依据", close: "领先第二名不到 10 个百分点", conflict: "有模态与其他模态的判断相反", range: "影响标签的某项测量偏离其训练数据 3 个标准差以上",
    unsure: "起决定作用的模态输入质量差，不足以形成可靠判断", missing: "权重合计一半以上的模态没有内容", apart: "模型回答的标签与各测量头合起来的结论不同" },
  sameAsMeasured: "与测量一致", apart: (answer, label, p, steps) => `模型回答“${answer}”，各测量头合起来则是“${label}”（${p}），相差 ${steps} 级。`,
  leansWith: (names) => `单独看与回答同侧的：${names.join("、")}。`, leansAgainst: (names) => `在另一侧的：${names.join("、")}。`,
  flagsTitle: "值得再看一眼", conflict: "模态冲突", close: "差距很小", range: "超出训练范围", failing: "解释不合格", textFails: "文本没有解释清楚",
  checks: { decider: "指出决定因素", opposition: "未把反对者说成支持", conflict: "提到冲突", cues: "说出影响最大的线索", label: "回答与提交标签一致", change: "标签变则文本变", "all of them": "全部" },
  explanation: "文本是否解释了判断？", textsChecked: "个文本已检查", failures: "不合格", noFailures: "没有不合格的文本。", explainedTop: "解释合格", contradictedTop: "断言与测量矛盾", unverifiableTop: (n) => `另有 ${n} 条无法核实`,
  strategies: { joint: "联合模型", ordinal: "有序池化", log_pool: "对数池化", weighted_average: "加权平均", confidence_based: "按置信度", temporal_weighted: "按时间加权", hierarchical: "分层", adaptive: "自适应", learned: "学习权重" },
  original: "提交的原文", about: "关于这些片段", unitSeconds: " 秒", zh: "中文", en: "英文", partial: "不完整", fallback: "默认",
  stop: "正常结束", length: "达到长度上限",
});
Object.assign(WORDS.zh.sorts, { margin: "领先幅度" });

const STAGES_ZH = { media: "解码", transcribe: "字幕", text: "话语", speech: "声音", face: "表情", evidence: "证据", argue: "论证", reason: "推理", parse: "解析", emotions: "情绪", fuse: "融合", attribute: "归因", reask: "重新提问", early: "提前作答", body: "身体", brief: "短暂动作", enhance: "人脸增强", moments: "时段遮挡", regions: "区域遮挡" };
const UNITS_ZH = { s: "秒", semitones: "半音", "eye distance": "倍眼距", deg: "度", ratio: "", share: "", faces: "张脸", px: "像素", pauses: "次", "syllables/s": "音节/秒" };
const PHRASES_ZH = [
  [/its head tells sentiment, and no emotions/g, "该模态的模型只判断情感，不判断情绪"], [/no modality names an emotion/g, "没有任何模态给出情绪"],
  [/^words (?=[\d.])/, "话语 "], [/^voice (?=[\d.])/, "声音 "], [/^face (?=[\d.])/, "表情 "], [/^arousal (?=[\d.])/, "唤醒度 "], [/^the model's answer/, "模型的回答"],
  [/\btext: /g, "话语："], [/\baudio: /g, "声音："], [/\bvideo: /g, "表情："], [/\bspeech: /g, "声音："], [/\bface: /g, "表情："], [/; (?=话语：|声音：|表情：)/g, "；"],
  [/no transcript: no sidecar file, no subtitle track, no recogniser in the profile/g, "没有字幕：旁边没有字幕文件，没有字幕轨，配置中也没有语音识别"],
  [/put clip\.srt, clip\.vtt or clip\.txt beside it.*$/g, "请在片段旁放置同名的 .srt、.vtt 或 .txt"], [/no audio track to recognise words in/g, "没有可供识别的音轨"], [/no audio track/g, "没有音轨"], [/no picture track/g, "没有画面"],
  [/add a sidecar \.srt, \.vtt or \.txt/g, "请在片段旁放置同名的 .srt、.vtt 或 .txt"], [/picture: (\d+) of (\d+) lines/g, "画面字幕：共 $2 行，$1 行"], [/whisper:(\w+)/g, "Whisper $1"],
  [/\(the words are doubtful: it sounds like (\w+) \(([\d.]+)\)\)/g, "（文字存疑：听起来像 $1，$2）"],
  [/no face found in (\d+) frames/g, "$1 帧中没有找到人脸"], [/the transcript holds no words/g, "字幕中没有文字"], [/the text head knows no word of the transcript \(read as (\w+)\)/g, "文本头不认识字幕中的任何词（按 $1 读取）"],
  [/no modality gave an opinion/g, "没有任何模态给出判断"], [/no words, no sound and no picture to judge by/g, "没有文字、声音或画面可供判断"], [/nothing was fused/g, "没有可融合的内容"], [/no evidence was gathered/g, "没有收集到证据"],
  [/too little speech[^;]*/g, "语音太短"], [/the file is empty \(0 bytes\)/g, "文件为空（0 字节）"], [/cannot be opened as a media file/g, "无法作为媒体文件打开"], [/the server gives no log-probabilities/g, "服务器不提供对数概率"],
  [/exact Shapley over the fuser/g, "对融合规则的精确 Shapley 值"], [/exact Shapley by asking the omni model again/g, "重新询问全模态模型得到的精确 Shapley 值"], [/leave-one-out[^·]*/g, "逐一去除"],
  [/subtitle track/g, "字幕轨"], [/sidecar(?: file)?/g, "字幕文件"], [/no answer tag/g, "没有答案标记"],
  [/(\w+) decided and is not named/g, "起决定作用的$1没有被提到"], [/(\w+) told as support/g, "$1被说成支持"], [/nothing is set against anything/g, "没有说明相互矛盾之处"], [/not named/g, "没有被提到"],
  [/the cues named carry ([\d.]+) of what moved/g, "提到的线索只占总影响的 $1"], [/answers (\w+), submitted (\w+)/g, "回答为 $1，提交为 $2"], [/the same text for (\w+) and (\w+)/g, "$1 与 $2 的文本相同"],
];

// What the run wrote in English for people, in the page's language where the phrase is known.
function translated(text) {
  if (state.interface !== "zh" || !isText(text)) return text;
  return PHRASES_ZH.reduce((said, [pattern, replacement]) => said.replace(pattern, replacement), text);
}
const stageName = (name) => (state.interface === "zh" && STAGES_ZH[name]) || name;
const unitName = (unit) => (state.interface === "zh" && Object.hasOwn(UNITS_ZH, unit) ? UNITS_ZH[unit] : unit || "");
const seconds = (value, digits = 1) => value.toFixed(digits) + words().unitSeconds;
const languageName = (name) => ({ zh: words().zh, en: words().en })[name] || (isText(name) ? name : words().unknown);
