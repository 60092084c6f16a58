/**
 * The one palette: what a colour, a dash and a shade mean in every figure. The hues are those of Okabe & Ito (2008,
 * "Color Universal Design"), lightened or darkened to a contrast of 3:1 against white and the dark page. Text, axes and rules
 * use `currentColor`, so that they follow the page.
 */

/** Hues of the tasks that are known; a new task takes the next of `SPARE_HUES` until it has a line here. */
const TASK_HUES: Readonly<Record<string, string>> = { factbook: '#2080c0', spam: '#009e73' };
const SPARE_HUES = ['#c06a9b', '#8c7a00', '#7f6fc9', '#4a8fa8'] as const;

/** One hue per task: of the table, or for tasks it lacks the spare ones in alphabetical order. */
export function taskHues(tasks: Iterable<string>): ReadonlyMap<string, string> {
  const names = [...new Set(tasks)].sort();
  const strangers = names.filter((name) => !Object.hasOwn(TASK_HUES, name));
  return new Map(
    names.map((name) => [
      name,
      strangers.includes(name) ? SPARE_HUES[strangers.indexOf(name) % SPARE_HUES.length]! : TASK_HUES[name]!,
    ]),
  );
}

/** The validation loss beside the training loss, which is drawn in the text's colour. */
export const VALIDATION_HUE = '#c4641a';
/** Stands for any task's hue in a legend. */
export const NEUTRAL = 'currentColor';

/** Base weights are dashed, tuned ones solid. */
export const PHASE_DASH = { base: '4,3', tuned: undefined } as const;
/** Shifted data are lighter than data like those of training. */
export const SHIFT_OPACITY = { id: 1, ood: 0.45, cross: 0.45 } as const;
/** Chance levels and other references: thin and quiet. */
export const RULE = { stroke: 'currentColor', strokeWidth: 0.75, strokeOpacity: 0.55 } as const;
export const INTERVAL_WIDTH = 1.2;
export const LINE_WIDTH = 1.6;
export const SEED_BAND_OPACITY = 0.15;
