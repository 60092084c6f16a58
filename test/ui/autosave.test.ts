/** Autosave: late enough not to disturb, early enough to lose nothing, in order, and honest about failure. */
import { beforeEach, expect, it, vi } from 'vitest';
import { Autosave } from '../../src/ui/autosave.ts';
import type { Draft } from '../../src/ui/autosave.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

const draft = (source: string, id = 'a'): Draft => ({ id, title: 'T', source });

it('saves once, the newest text, after typing stops', async () => {
  const save = vi.fn(() => Promise.resolve());
  const autosave = new Autosave(save, 600);
  for (const source of ['x', 'xy', 'xyz']) {
    autosave.change(draft(source));
    await vi.advanceTimersByTimeAsync(400);
  }
  expect(save).not.toHaveBeenCalled();
  expect(autosave.state.value.state).toBe('unsaved');
  await vi.advanceTimersByTimeAsync(200);
  expect(save.mock.calls).toEqual([[draft('xyz')]]);
  expect(autosave.state.value.state).toBe('saved');
});

it('saves at once when flushed, and only what waits', async () => {
  const save = vi.fn(() => Promise.resolve());
  const autosave = new Autosave(save);
  autosave.change(draft('x'));
  await autosave.flush();
  await autosave.flush();
  await vi.advanceTimersByTimeAsync(5000);
  expect(save).toHaveBeenCalledTimes(1);
});

it('never lets a slow older save land after a newer one', async () => {
  const kept: string[] = [];
  const slow = new Map([
    ['old', 1000],
    ['new', 1],
  ]);
  const autosave = new Autosave(async ({ source }) => {
    await new Promise((resolve) => setTimeout(resolve, slow.get(source)));
    kept.push(source);
  });
  autosave.change(draft('old'));
  void autosave.flush();
  autosave.change(draft('new'));
  void autosave.flush();
  await vi.advanceTimersByTimeAsync(3000);
  expect(kept).toEqual(['old', 'new']);
});

it('keeps both texts when another notebook is edited before the first was saved', async () => {
  const save = vi.fn(() => Promise.resolve());
  const autosave = new Autosave(save);
  autosave.change(draft('x', 'first'));
  autosave.change(draft('y', 'second'));
  await autosave.flush();
  expect(save.mock.calls).toEqual([[draft('x', 'first')], [draft('y', 'second')]]);
});

it('says what failed, keeps the text, and saves it with the next flush', async () => {
  const save = vi.fn().mockRejectedValueOnce(new Error('quota exceeded')).mockResolvedValue(null);
  const autosave = new Autosave(save);
  autosave.change(draft('x'));
  await autosave.flush();
  expect(autosave.state.value).toEqual({ state: 'failed', message: 'quota exceeded' });
  await autosave.flush();
  expect(save).toHaveBeenLastCalledWith(draft('x'));
  expect(autosave.state.value.state).toBe('saved');
});

it('forgets the text of a notebook that is removed', async () => {
  const save = vi.fn(() => Promise.resolve());
  const autosave = new Autosave(save);
  autosave.change(draft('x'));
  autosave.forget('a');
  await vi.advanceTimersByTimeAsync(5000);
  expect(save).not.toHaveBeenCalled();
});
