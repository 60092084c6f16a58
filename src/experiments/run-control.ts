/** Pause, step, resume, stop: asked by a person at any time, obeyed by a run at its next step boundary. */
import type { Turn } from './turn.ts';

export class RunControl {
  private state: 'running' | 'paused' | 'stopped' = 'running';
  private stepsGranted = 0;
  private wake: (() => void) | undefined;

  /** @param onPause hears when the run has come to rest, and when it goes on. */
  constructor(
    private readonly turn: Turn,
    private readonly onPause: (paused: boolean) => Promise<void>,
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

  /** Whether the run must come to its boundary soon: it may then cut a group of steps short. */
  get interrupted(): boolean {
    return this.state !== 'running';
  }

  /**
   * Called by the run at a step boundary. Resolves with the steps it may take before it must come back: many while
   * running, 1 after Step, 0 when stopped. While paused it gives the GPU to the next run in the queue and waits.
   */
  async boundary(): Promise<number> {
    let rested = false;
    while (this.state === 'paused' && this.stepsGranted === 0) {
      if (!rested) {
        rested = true;
        await this.onPause(true);
        this.turn.release();
      }
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = undefined;
    }
    if (rested) {
      await this.turn.acquire();
      await this.onPause(false);
    }
    if (this.state === 'stopped') return 0;
    if (this.state === 'running') return Infinity;
    this.stepsGranted = 0;
    return 1;
  }
}
