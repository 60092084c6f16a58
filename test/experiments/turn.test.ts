import { describe, expect, it } from 'vitest';
import { Turn, type Place } from '../../src/experiments/turn.ts';

/** Notes the name when the turn is granted. */
function follow(place: Place, name: string, granted: string[]): Place {
  void place.granted.then(() => granted.push(name));
  return place;
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0));
}

describe('a turn', () => {
  it('is given to one at a time, in the order of asking', async () => {
    const turn = new Turn();
    const granted: string[] = [];
    for (const name of ['a', 'b', 'c']) follow(turn.join(), name, granted);
    await settle();
    expect(granted).toEqual(['a']);
    turn.release();
    await settle();
    expect(granted).toEqual(['a', 'b']);
    turn.release();
    turn.release();
    await settle();
    expect(granted).toEqual(['a', 'b', 'c']);
    follow(turn.join(), 'd', granted);
    await settle();
    expect(granted.at(-1)).toBe('d');
  });

  it('passes over who has left the line', async () => {
    const turn = new Turn();
    const granted: string[] = [];
    follow(turn.join(), 'a', granted);
    const b = follow(turn.join(), 'b', granted);
    follow(turn.join(), 'c', granted);
    b.withdraw();
    turn.release();
    await settle();
    expect(granted).toEqual(['a', 'c']);
  });

  it('passes on a turn that was granted to who leaves', async () => {
    const turn = new Turn();
    const granted: string[] = [];
    turn.join();
    const b = turn.join();
    follow(turn.join(), 'c', granted);
    turn.release(); // b's, who has not heard of it yet
    b.withdraw();
    await settle();
    expect(granted).toEqual(['c']);
  });

  it('lets visitors in before the line, at a boundary of whoever holds it, who then goes on', async () => {
    const turn = new Turn();
    const granted: string[] = [];
    follow(turn.join(), 'run', granted);
    follow(turn.join(), 'next run', granted);
    follow(turn.visit(), 'visitor', granted);
    const leaves = follow(turn.visit(), 'leaves', granted);
    follow(turn.visit(), 'second visitor', granted);
    leaves.withdraw();
    await settle();
    expect(granted).toEqual(['run']);
    expect(turn.visited).toBe(true);
    const back = turn.letVisitorsIn().then(() => granted.push('run again'));
    await settle();
    expect(granted).toEqual(['run', 'visitor']);
    turn.release();
    await settle();
    expect(granted).toEqual(['run', 'visitor', 'second visitor']);
    turn.release();
    await back;
    expect(granted.at(-1)).toBe('run again');
    turn.release();
    await settle();
    expect(granted.at(-1)).toBe('next run');
  });

  it('is a visitor’s at once when nobody has it, and nobody waits at a boundary without visitors', async () => {
    const turn = new Turn();
    const granted: string[] = [];
    follow(turn.visit(), 'visitor', granted);
    await settle();
    expect(granted).toEqual(['visitor']);
    turn.release();
    turn.join();
    await turn.letVisitorsIn();
  });
});
