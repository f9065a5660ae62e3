// A clip from camera and microphone. What is recorded is a file like any other: it is sent only when the user says so.
const LONGEST = 120;
let recorder = null, stream = null, clock = 0;

function stopped(pieces, type) {
  for (const track of stream.getTracks()) track.stop();
  clearInterval(clock);
  byId("camera").hidden = true; byId("camera").srcObject = null;
  byId("recording").textContent = "";
  byId("record").setAttribute("aria-pressed", "false");
  recorder = null;
  showFrame();
  const name = `camera-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.webm`;
  choose(new File(pieces, name, { type }));
}

async function startRecording() {
  try { stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 }, audio: true }); }
  catch (fault) { trouble(words().noDevice + fault.name); return; }
  const pieces = [];
  recorder = new MediaRecorder(stream);
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.addEventListener("stop", () => stopped(pieces, recorder.mimeType));
  byId("camera").srcObject = stream; byId("camera").hidden = false; byId("camera").play();
  byId("record").setAttribute("aria-pressed", "true");
  showFrame();
  let passed = 0;
  clock = setInterval(() => {
    passed += 1; byId("recording").textContent = `${words().recorded} ${passed} s`;
    if (passed >= LONGEST && recorder) recorder.stop();
  }, 1000);
  recorder.start(1000);
}

byId("record").addEventListener("click", () => (recorder ? recorder.stop() : startRecording()));
if (!navigator.mediaDevices || !window.MediaRecorder) byId("record").hidden = true;
