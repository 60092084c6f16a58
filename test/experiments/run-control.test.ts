import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunControl, type Standing } from '../../src/experiments/run-control.ts';
import { Turn } from '../../src/experiments/turn.ts';

interface Rig {
  readonly turn: Turn;
  readonly control: RunControl;
  readonly standings: Standing[];
  /** Steps taken, and `save` wherever it was called. */
  readonly log: (number | 'save')[];
  /** Runs up to `steps` steps; resolves with whether it ended by itself. */
  readonly work: (steps: number, onStep?: (step: number) => void) => Promise<'finished' | 'stopped'>;
}

function rig(): Rig {
  const turn = new Turn();
  const standings: Standing[] = [];
  const log: (number | 'save')[] = [];
  const control = new RunControl(turn, (standing) => {
    standings.push(standing);
    return Promise.resolve();
  });
  const save = () => {
    log.push('save');
    return tick();
  };
  return {
    turn,
    control,
    standings,
    log,
    async work(steps, onStep) {
      if (!(await control.enter())) return 'stopped';
      try {
        for (let step = 1; step <= steps;) {
          const allowed = await control.boundary(save);
          if (allowed === 0) return 'stopped';
          for (let i = 0; i < allowed && step <= steps; i++) {
            log.push(step);
            onStep?.(step);
            step++;
            await tick();
            if (control.interrupted) break;
          }
        }
        return 'finished';
      } finally {
        control.leave();
      }
    },
  };
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

async function rest(times = 8): Promise<void> {
  for (let i = 0; i < times; i++) await tick();
}

describe('a run under control', () => {
  it('rests at the next step after Pause, having saved, and goes on after Resume', async () => {
    const { control, log, standings, work } = rig();
    const done = work(4, (step) => step === 2 && control.pause());
    await rest();
    expect(log).toEqual([1, 2, 'save']);
    expect(standings).toEqual(['running', 'paused']);
    control.resume();
    expect(await done).toBe('finished');
    expect(log).toEqual([1, 2, 'save', 3, 4]);
    expect(standings).toEqual(['running', 'paused', 'queued', 'running']);
  });

  it('takes exactly one step for each Step', async () => {
    const { control, log, work } = rig();
    const done = work(5, (step) => step === 1 && control.pause());
    await rest();
    control.step();
    await rest();
    expect(log).toEqual([1, 'save', 2, 'save']);
    control.step();
    control.step();
    await rest();
    expect(log).toEqual([1, 'save', 2, 'save', 3, 4, 'save']);
    control.resume();
    expect(await done).toBe('finished');
  });

  it('takes one step and rests when Step is asked of it while it runs', async () => {
    const { control, log, work } = rig();
    void work(9, (step) => step === 2 && control.step());
    await rest();
    expect(log).toEqual([1, 2, 3, 'save']);
    control.stop();
  });

  it('ends with its work saved once when stopped while it runs', async () => {
    const { control, log, work } = rig();
    const done = work(9, (step) => step === 3 && control.stop());
    expect(await done).toBe('stopped');
    expect(log).toEqual([1, 2, 3, 'save']);
  });

  it('ends when stopped at rest, without saving again', async () => {
    const { control, log, work } = rig();
    const done = work(9, (step) => step === 1 && control.pause());
    await rest();
    control.stop();
    expect(await done).toBe('stopped');
    expect(log).toEqual([1, 'save']);
  });

  it('goes on when resumed while it is still saving on its way to rest', async () => {
    const { control, log, work } = rig();
    const done = work(3, (step) => {
      if (step !== 1) return;
      control.pause();
      setTimeout(() => control.resume(), 0);
    });
    expect(await done).toBe('finished');
    expect(log.filter((entry) => entry !== 'save')).toEqual([1, 2, 3]);
  });

  it('leaves the line at once when stopped while it waits for the GPU', async () => {
    const { turn, control, work } = rig();
    turn.join(); // somebody else has the GPU and keeps it
    const done = work(3);
    await rest();
    control.stop();
    expect(await done).toBe('stopped');
    turn.release();
    await expect(turn.join().granted).resolves.toBeUndefined();
  });

  it('does not hold up the line while paused before its turn', async () => {
    const { turn, control, standings, work } = rig();
    turn.join();
    const done = work(1);
    control.pause();
    await rest();
    expect(standings).toEqual(['paused']);
    const next = turn.join();
    turn.release();
    await next.granted;
    control.resume();
    await rest();
    expect(standings).toEqual(['paused', 'queued']);
    turn.release();
    expect(await done).toBe('finished');
  });

  it('stops while it waits for the GPU again after a pause', async () => {
    const { turn, control, work } = rig();
    const done = work(9, (step) => step === 1 && control.pause());
    await rest();
    await turn.join().granted; // another run takes over
    control.resume();
    await rest();
    control.stop();
    expect(await done).toBe('stopped');
  });

  it('is not brought back by anything once stopped', async () => {
    const { control, log, work } = rig();
    control.stop();
    control.resume();
    control.step();
    control.pause();
    expect(await work(2)).toBe('stopped');
    expect(log).toEqual([]);
  });

  it('takes every step once and in order, and frees the GPU, whatever is asked and when', async () => {
    const asked = fc.array(
      fc.tuple(fc.constantFrom('pause', 'step', 'resume', 'stop'), fc.integer({ min: 0, max: 3 })),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(asked, async (commands) => {
        const { turn, control, log, work } = rig();
        const done = work(6);
        for (const [command, ticks] of commands) {
          control[command as 'pause']();
          for (let i = 0; i < ticks; i++) await tick();
        }
        control.resume();
        const outcome = await done;
        const steps = log.filter((entry) => entry !== 'save');
        expect(steps).toEqual(Array.from(steps, (_, index) => index + 1));
        if (outcome === 'finished') expect(steps).toHaveLength(6);
        else expect(commands.map(([command]) => command)).toContain('stop');
        await turn.join().granted;
      }),
      { seed: 7, numRuns: 60 },
    );
  });
});
