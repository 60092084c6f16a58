/** Pause, step, resume, stop: asked by a person at any time, obeyed by a run at its next step boundary. */
import type { RunStatus } from './run.ts';
import type { Turn } from './turn.ts';

/** Where a run that has not ended stands: in line for the GPU, at work, or at rest. */
export type Standing = Extract<RunStatus, 'queued' | 'running' | 'paused'>;

export class RunControl {
  private state: 'running' | 'paused' | 'stopped' = 'running';
  private stepsGranted = 0;
  private holdsTurn = false;
  private readonly waiters = new Set<() => void>();

  /** @param onStanding hears when the run rests, stands in line again, and goes on. */
  constructor(
    private readonly turn: Turn,
    private readonly onStanding: (standing: Standing) => Promise<void>,
  ) {}

  pause(): void {
    if (this.state === 'stopped') return;
    this.change('paused', 0);
  }

  /** Lets a paused (or running) run take one step, then rest. */
  step(): void {
    if (this.state === 'stopped') return;
    this.change('paused', this.stepsGranted + 1);
  }

  resume(): void {
    if (this.state === 'stopped') return;
    this.change('running', 0);
  }

  /** For good: nothing asked later starts this run again. */
  stop(): void {
    this.change('stopped', 0);
  }

  get stopped(): boolean {
    return this.state === 'stopped';
  }

  /** Whether the run should come to its next boundary soon rather than finish a group of steps. */
  get interrupted(): boolean {
    return this.state !== 'running' || this.turn.visited;
  }

  /** Waits for the GPU; a paused run waits outside the line. False when it was stopped first, else `leave` must follow. */
  async enter(): Promise<boolean> {
    let standing: Standing = 'queued';
    while (!this.stopped) {
      if (this.mustRest()) {
        standing = 'paused';
        await this.onStanding(standing);
        while (this.mustRest()) await this.nextChange();
      } else {
        if (standing !== 'queued') await this.onStanding((standing = 'queued'));
        if (await this.standInLine()) {
          await this.onStanding('running');
          return true;
        }
      }
    }
    return false;
  }

  leave(): void {
    if (this.holdsTurn) this.turn.release();
    this.holdsTurn = false;
  }

  /**
   * Called by the run at a step boundary. Resolves with the steps it may take before it must come back: many while
   * running, 1 after Step, 0 when stopped. While paused it gives the GPU to the next run in the queue and waits;
   * visitors of the turn are let in before it goes on.
   * `save` is called before it rests and before it ends, and not again until steps were taken.
   */
  async boundary(save: () => Promise<void>): Promise<number> {
    if (this.holdsTurn) await this.turn.letVisitorsIn();
    if (this.mustRest() || this.stopped) {
      await save();
      if (this.mustRest()) {
        this.leave();
        await this.enter();
      }
    }
    if (this.stopped) return 0;
    if (this.stepsGranted === 0) return Infinity;
    this.stepsGranted--;
    return 1;
  }

  /** True with the turn in hand; false when the run was paused or stopped while it waited. */
  private async standInLine(): Promise<boolean> {
    const place = this.turn.join();
    while (!this.mustRest() && !this.stopped) {
      const mine = await Promise.race([place.granted.then(() => true), this.nextChange().then(() => false)]);
      if (mine) return (this.holdsTurn = true);
    }
    place.withdraw();
    return false;
  }

  // A method, not an expression: the state changes while the run waits, which the type checker cannot see.
  private mustRest(): boolean {
    return this.state === 'paused' && this.stepsGranted === 0;
  }

  private change(state: RunControl['state'], stepsGranted: number): void {
    this.state = state;
    this.stepsGranted = stepsGranted;
    for (const wake of this.waiters) wake();
    this.waiters.clear();
  }

  private nextChange(): Promise<void> {
    return new Promise((resolve) => this.waiters.add(resolve));
  }
}
