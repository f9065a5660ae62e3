// Hands the microphone's samples to the page, a block at a time.
class Samples extends AudioWorkletProcessor {
  process(inputs) {
    if (inputs[0].length) this.port.postMessage(inputs[0][0].slice());
    return true;
  }
}
registerProcessor("samples", Samples);
