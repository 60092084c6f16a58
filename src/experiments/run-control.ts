/** Pause, step, resume, stop: asked by a person at any time, obeyed by a run at its next step boundary. */
import type { Turn } from './turn.ts';

export class RunControl {
  private state: 'running' | 'paused' | 'stopped' = 'running';
  private stepsGranted = 0;
  private wake: (() => void) | undefined;
  private holdsTurn = false;

  /** @param onRest hears when the run has come to rest, and when it goes on. */
  constructor(
    private readonly turn: Turn,
    private readonly onRest: (resting: boolean) => Promise<void>,
  ) {}

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
    this.stepsGranted = 0;
  }

  /** Lets a paused (or running) run take one step, then rest. */
  step(): void {
    if (this.state === 'stopped') return;
    this.state = 'paused';
    this.stepsGranted = 1;
    this.wake?.();
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    this.wake?.();
  }

  stop(): void {
    this.state = 'stopped';
    this.wake?.();
  }

  get stopped(): boolean {
    return this.state === 'stopped';
  }

  /** Whether the run should come to its next boundary soon rather than finish a group of steps. */
  get interrupted(): boolean {
    return this.state !== 'running';
  }

  /** Waits for the GPU. `leave` must follow. */
  async enter(): Promise<void> {
    await this.turn.acquire();
    this.holdsTurn = true;
  }

  leave(): void {
    if (this.holdsTurn) this.turn.release();
    this.holdsTurn = false;
  }

  /**
   * Called by the run at a step boundary. Resolves with the steps it may take before it must come back: many while
   * running, 1 after Step, 0 when stopped. While paused it gives the GPU to the next run in the queue and waits.
   * `save` is called before it rests and before it ends, and not again until steps were taken.
   */
  async boundary(save: () => Promise<void>): Promise<number> {
    if (this.state === 'running') return Infinity;
    let rested = false;
    while (this.mustRest()) {
      if (!rested) {
        rested = true;
        await save();
        await this.onRest(true);
        this.leave();
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    if (this.isStopped()) {
      if (!rested) await save();
      return 0;
    }
    if (rested) {
      await this.enter();
      await this.onRest(false);
    }
    if (this.stepsGranted === 0) return Infinity;
    this.stepsGranted = 0;
    return 1;
  }

  // Methods, not expressions: the state changes while the run waits, which the type checker cannot see.
  private mustRest(): boolean {
    return this.state === 'paused' && this.stepsGranted === 0;
  }

  private isStopped(): boolean {
    return this.state === 'stopped';
  }
}
