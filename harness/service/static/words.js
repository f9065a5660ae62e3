// The page's words. `state` is what the report's script calls it, and is kept under the same names.
const WORDS = {
  en: {
    title: "Emotion recognition", other: "中文", theme: { auto: "Light/dark: auto", light: "Light", dark: "Dark" }, docs: "API",
    drop: "A clip", zone: "Drop a clip here, or press to choose one", transcript: "Transcript, if there is one", spoken: "Spoken language",
    detect: "recognise", send: "Judge it", record: "Record with camera and microphone", stop: "Stop", recorded: "recording",
    privacy: "The clip stays on this server until you erase it; nothing is sent anywhere else.",
    progress: "Progress", jobs: "Latest clips", erase: "Erase this clip and everything about it", erased: "Erased.", another: "Another clip",
    story: "The clip's story", storyFile: "Story as JSON", before: (n) => `waits, ${n} before it`,
    state: { queued: "waits", running: "under way", finished: "finished", failed: "failed", erased: "erased", uploading: "is being sent" },
    login: "This service asks for a token", token: "Token", enter: "Enter", lost: "The server does not answer; it is asked again.",
    noDevice: "No camera or microphone can be used: ", remedy: "What helps: ",
    live: "Live", liveStart: "Start camera and microphone", liveStop: "Stop", liveState: (judged, skipped, late) => `${judged} windows judged, ${skipped} skipped, the last ${late.toFixed(1)} s late`,
    loading: "The models are being loaded …", curve: "Probabilities over the last minute", measuredTitle: "Measured in the last window", keep: "Judge the whole recording", nothing: "nothing to judge by",
    livePrivacy: "Pictures and sound go to this server and are forgotten once judged. The recording stays in this page until you send it.",
    measures: { f0_median_hz: "pitch, Hz", level_range_db: "range of level, dB", speaking_rate_syllables_per_s: "syllables a second", speech_seconds: "seconds of speech",
      mouth_corners_up: "mouth corners up", mouth_corners_down: "mouth corners down", mouth_open: "mouth opens", brows_up: "brows up", brows_down: "brows down", head_turn: "head turns, °", head_tilt: "head tilts, °" },
    watch: "A run is watched", watchState: (run, begun, over) => `${run}: ${over} clips finished of ${begun} begun`, watchDone: (run, n) => `${run}: complete, ${n} clips`,
    watchPage: "Read the whole report", clip: "clip", label: "label", status: "status", reason: "reason", words: (n) => `${n}`,
    stages: { media: "decoding", transcribe: "words heard and read", speech: "voice", face: "face", text: "words", evidence: "evidence", argue: "argument",
      reason: "reasoning", parse: "answer", emotions: "emotions", fuse: "pooling", attribute: "contributions", reask: "asked again", early: "cut short" },
    outcome: { ok: "done", absent: "nothing there", unavailable: "not available", error: "failed" },
  },
  zh: {
    title: "情感识别", other: "English", theme: { auto: "明暗：自动", light: "浅色", dark: "深色" }, docs: "接口",
    drop: "片段", zone: "把片段拖到这里，或点击选择", transcript: "字幕文件（如有）", spoken: "所说语言",
    detect: "自动识别", send: "开始分析", record: "用摄像头和麦克风录制", stop: "停止", recorded: "正在录制",
    privacy: "片段保存在本服务器上，直到您删除为止；不会发送到别处。",
    progress: "进度", jobs: "最近的片段", erase: "删除此片段及其全部资料", erased: "已删除。", another: "换一个片段",
    story: "片段的完整记录", storyFile: "JSON 记录", before: (n) => `等待中，前面还有 ${n} 个`,
    state: { queued: "等待中", running: "进行中", finished: "已完成", failed: "失败", erased: "已删除", uploading: "正在上传" },
    login: "此服务需要令牌", token: "令牌", enter: "进入", lost: "服务器没有回应，正在重试。",
    noDevice: "无法使用摄像头或麦克风：", remedy: "解决办法：",
    live: "实时", liveStart: "打开摄像头和麦克风", liveStop: "停止", liveState: (judged, skipped, late) => `已判断 ${judged} 个窗口，跳过 ${skipped} 个，最近一个延迟 ${late.toFixed(1)} 秒`,
    loading: "正在载入模型……", curve: "最近一分钟的概率", measuredTitle: "最近窗口的测量值", keep: "分析整段录制", nothing: "没有可供判断的内容",
    livePrivacy: "图像和声音发送到本服务器，判断后即丢弃。录制内容保留在本页面中，直到您发送为止。",
    measures: { f0_median_hz: "音高，Hz", level_range_db: "音量范围，dB", speaking_rate_syllables_per_s: "每秒音节数", speech_seconds: "说话秒数",
      mouth_corners_up: "嘴角上扬", mouth_corners_down: "嘴角下垂", mouth_open: "张嘴", brows_up: "扬眉", brows_down: "皱眉", head_turn: "转头，°", head_tilt: "歪头，°" },
    watch: "正在观察一次运行", watchState: (run, begun, over) => `${run}：已开始 ${begun} 个，完成 ${over} 个`, watchDone: (run, n) => `${run}：已完成，共 ${n} 个片段`,
    watchPage: "阅读完整报告", clip: "片段", label: "标签", status: "状态", reason: "原因", words: (n) => `${n}`,
    stages: { media: "解码", transcribe: "听取与读取字幕", speech: "声音", face: "表情", text: "话语", evidence: "证据", argue: "论证",
      reason: "推理", parse: "答案", emotions: "情绪", fuse: "融合", attribute: "归因", reask: "重新提问", early: "提前作答" },
    outcome: { ok: "完成", absent: "没有内容", unavailable: "不可用", error: "失败" },
  },
};
const byId = (id) => document.getElementById(id);
function recall(name) { try { return localStorage.getItem("report." + name); } catch { return null; } }
function remember(name, value) { try { localStorage.setItem("report." + name, value); } catch { /* private window */ } }
const state = {
  interface: recall("interface") || (navigator.language.startsWith("zh") ? "zh" : "en"),
  theme: recall("theme") || "auto", job: null, file: null,
};
if (!WORDS[state.interface]) state.interface = "en";
