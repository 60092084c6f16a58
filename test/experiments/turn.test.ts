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
});
