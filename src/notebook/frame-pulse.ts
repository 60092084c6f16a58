/** Whether the notebook frame still answers: a loop that never ends in a cell silences it. */

const PING_EVERY_MS = 2000;
/** Silent for this long: unresponsive; silent for this long after Stop: dead. */
const SILENCE_MS = 6000;

export interface PulseListener {
  ping(): void;
  onUnresponsive(unresponsive: boolean): void;
  /** Stop was asked for and not even heard. */
  onDead(): void;
}

export class FramePulse {
  #heardAt = 0;
  #stopAskedAt: number | null = null;
  #unresponsive = false;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(private readonly listener: PulseListener) {}

  start(): void {
    this.stop();
    this.#heardAt = performance.now();
    this.#timer = setInterval(() => this.#watch(), PING_EVERY_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.hear();
  }

  /** Any message is a sign of life. */
  hear(): void {
    this.#heardAt = performance.now();
    this.#stopAskedAt = null;
    this.#set(false);
  }

  /** A person has asked to stop: silence from now on is not tolerated. */
  expectStop(): void {
    this.#stopAskedAt ??= performance.now();
    this.listener.ping();
  }

  #watch(): void {
    const now = performance.now();
    // Hidden frames are throttled: their silence says nothing.
    if (document.visibilityState === 'hidden') this.#heardAt = now;
    this.#set(now - this.#heardAt > SILENCE_MS);
    if (this.#stopAskedAt !== null && now - this.#stopAskedAt > SILENCE_MS) this.listener.onDead();
    else this.listener.ping();
  }

  #set(unresponsive: boolean): void {
    if (unresponsive === this.#unresponsive) return;
    this.#unresponsive = unresponsive;
    this.listener.onUnresponsive(unresponsive);
  }
}
