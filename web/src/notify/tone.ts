/** A short tone, made when it is needed: no file to fetch. */

const LOW_HZ = 660;
const HIGH_HZ = 880;
const SECONDS = 0.18;

let audio: AudioContext | undefined;

export function playTone(): void {
  audio ??= new AudioContext();
  const { currentTime, destination } = audio;
  const tone = audio.createOscillator();
  const volume = audio.createGain();
  tone.frequency.setValueAtTime(LOW_HZ, currentTime);
  tone.frequency.setValueAtTime(HIGH_HZ, currentTime + SECONDS / 2);
  volume.gain.setValueAtTime(0.08, currentTime);
  volume.gain.exponentialRampToValueAtTime(0.001, currentTime + SECONDS);
  tone.connect(volume).connect(destination);
  tone.start();
  tone.stop(currentTime + SECONDS);
}
