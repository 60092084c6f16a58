/** What every registered task must do, on small documents of its dataset. */
import { describe, expect, it } from 'vitest';
import { findTask, tasks } from '../../src/tasks/index.ts';
import { completion, promptText, type Shift } from '../../src/tasks/task.ts';
import { documentsOf } from './documents.ts';

const shifts: readonly Shift[] = ['id', 'ood'];

describe.each(Object.values(tasks))('the task $name', (task) => {
  const documents = documentsOf[task.name]!;
  const draw = { count: 8, seed: 3 };

  it('is found by its name', () => {
    expect(findTask(task.name)).toBe(task);
    expect(tasks).toHaveProperty(task.name, task);
  });

  it('never tests on what it trains on, whatever the seeds', () => {
    const train = all((count) => task.trainItems(documents, { count, seed: 1 }));
    const id = all((count) => task.testItems(documents, 'id', { count, seed: 2 }));
    const ood = all((count) => task.testItems(documents, 'ood', { count, seed: 2 }));
    const ids = [...train, ...id, ...ood].map((item) => item.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Math.min(train.length, id.length, ood.length)).toBeGreaterThan(8);
    expect(train.length).toBeGreaterThan(id.length);
  });

  it('draws the same items in the same order from documents in any order', () => {
    const reversed = [...documents].reverse();
    expect(task.trainItems(reversed, draw)).toEqual(task.trainItems(documents, draw));
    for (const shift of shifts) {
      expect(task.testItems(reversed, shift, draw)).toEqual(task.testItems(documents, shift, draw));
    }
  });

  it('draws other items, or another order, for another seed', () => {
    const ids = (seed: number): string[] =>
      task.trainItems(documents, { count: 8, seed }).map((item) => item.id);
    expect(ids(4)).not.toEqual(ids(3));
  });

  it('says how many items there are when asked for too many', () => {
    expect(() => task.trainItems(documents, { count: 10_000, seed: 0 })).toThrow(
      /got 10000, expected a whole number up to \d+/,
    );
    expect(() => task.testItems(documents, 'ood', { count: 0, seed: 0 })).toThrow(RangeError);
    expect(() => task.testItems([], 'id', { count: 1, seed: 0 })).toThrow(RangeError);
  });

  it('has three formats that hold the text and end without a space', () => {
    expect(task.formats).toEqual(['default', 'instruct', 'io']);
    const [item] = task.trainItems(documents, draw);
    for (const format of task.formats) {
      const prompt = task.prompt(item!, format);
      expect(prompt.body).toBe(item!.text);
      expect(promptText(prompt)).not.toMatch(/\s$/);
    }
    expect(promptText(task.prompt(item!, 'io'))).toBe(item!.text);
    expect(() => task.prompt(item!, 'toString')).toThrow(/expected one of default, instruct, io/);
  });

  it('has an answer for every item, among its choices where there are any', () => {
    for (const item of [...task.trainItems(documents, draw), ...task.testItems(documents, 'ood', draw)]) {
      expect(item.answer.trim()).toBe(item.answer);
      expect(completion(item.answer)).toMatch(/^ \S/);
      if (task.outputType === 'multiple_choice') expect(item.choices).toContain(item.answer);
      else expect(item.choices).toEqual([]);
      // An answer that holds a stop string could never be written.
      for (const stop of task.until) expect(item.answer).not.toContain(stop);
    }
  });

  it('says what a generation may take, if it generates', () => {
    expect(task.newTokens > 0).toBe(task.outputType === 'generate_until');
  });
});

describe('findTask', () => {
  it('names the tasks there are when asked for another', () => {
    expect(() => findTask('constructor')).toThrow(/got "constructor", expected one of factbook, spam/);
  });
});

/** Everything a draw can give: found by the number its error names. */
function all<T>(draw: (count: number) => readonly T[]): readonly T[] {
  try {
    return draw(1_000_000);
  } catch (error) {
    return draw(Number(/up to (\d+)/.exec((error as Error).message)![1]));
  }
}
