/** The words under a figure: which items, how many, how many seeds, what the bars are. */
import { formatCount } from './numbers.ts';
import type { Point } from './points.ts';

export const BOOTSTRAP = 'bars: 95 % percentile bootstrap intervals over items';

/** "n = 120 items" or "n = 120 (spam), 80 (factbook) items": the counts of each task. */
export function itemCounts(points: readonly Point[]): string {
  const counts = new Map<string, Set<number>>();
  for (const { task, n } of points) counts.set(task, (counts.get(task) ?? new Set()).add(n));
  const texts = [...counts].map(([task, ns]) => [task, range(ns)] as const);
  if (new Set(texts.map(([, text]) => text)).size === 1) return `n = ${texts[0]![1]} items`;
  return `n = ${texts.map(([task, text]) => `${text} (${task})`).join(', ')} items`;
}

/** "1 seed", "3 seeds", "1 to 3 seeds". */
export function seedCounts(points: readonly Point[]): string {
  const text = range(new Set(points.map((point) => point.seeds)));
  return `${text} ${text === '1' ? 'seed' : 'seeds'}`;
}

/** What the prompts were: "prompt format default, 0-shot". */
export function promptKind(points: readonly Point[]): string {
  const formats = [...new Set(points.map((point) => point.format))];
  const shots = [...new Set(points.map((point) => point.shots))];
  return `prompt ${formats.length === 1 ? 'format' : 'formats'} ${formats.join(', ')}; ${shots.join(', ')}-shot`;
}

/** The sentence on bars, bands and chance. */
export function marksKind(points: readonly Point[]): string {
  const parts = [hasSeeds(points) ? `${BOOTSTRAP}, averaged over seeds; bands: range over seeds` : BOOTSTRAP];
  if (hasChance(points)) parts.push('thin rule: chance');
  return parts.join('; ');
}

export function hasSeeds(points: readonly Point[]): boolean {
  return points.some((point) => point.seeds > 1);
}

export function hasChance(points: readonly Point[]): boolean {
  return points.some((point) => point.chance > 0);
}

function range(values: ReadonlySet<number>): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? formatCount(low) : `${formatCount(low)} to ${formatCount(high)}`;
}
