/**
 * Tuning: where lowerings have a choice, the variants are timed on this adapter at the plan's own shapes, on buffers
 * of their own, the heaviest choices first, until all are decided or the time is up. Which variant runs decides bits,
 * so nothing here touches a plan that is already compiled: a run takes its choices when it begins, and keeps them.
 */
import type { Gpu } from '../gpu/device.ts';
import { GpuTimer } from '../gpu/timer.ts';
import type { Graph } from '../graph/graph.ts';
import { loweringContext, type ChoicePoint, type KernelChoices } from '../graph/lowering.ts';
import type { Node } from '../graph/operation.ts';
import { NodeBench } from './node-bench.ts';
import { bytesMoved } from './profile.ts';
import { selectVariant, type Selection } from './selection.ts';

/** What was measured, by choice (`matmul-nt:512x2048x128`). */
export type Tuning = Readonly<Record<string, Selection>>;

export interface TuneOptions {
  /** What is known already: not measured again. */
  readonly known?: Tuning;
  /** Whether to end: asked before every measurement. What is then undecided is left out. */
  readonly expired?: () => boolean;
  /** Hears of each choice as it is decided. */
  readonly onDecided?: (key: string, selection: Selection) => void;
}

/** The names chosen, as a compilation takes them. */
export function choicesOf(tuning: Tuning): KernelChoices {
  return Object.fromEntries(Object.entries(tuning).map(([key, { chosen }]) => [key, chosen]));
}

/** Every choice that the graphs' lowerings have under `choices`, with the name that then runs. */
export function choicesIn(gpu: Gpu, graphs: readonly Graph[], choices: KernelChoices): KernelChoices {
  const points = graphs.flatMap((graph) => graph.nodes.flatMap((node) => pointsOf(gpu, node, choices)));
  return Object.fromEntries(points.map(({ key, fallback }) => [key, choices[key] ?? fallback]));
}

/** Whether every choice with more than one candidate has been measured. */
export function fullyTuned(gpu: Gpu, graphs: readonly Graph[], known: Tuning): boolean {
  return openPoints(gpu, graphs, known).length === 0;
}

/** Times what is not known yet; resolves with what is known then. Frees all that it allocates. */
export async function tune(
  gpu: Gpu,
  graphs: readonly Graph[],
  { known = {}, expired = () => false, onDecided }: TuneOptions = {},
): Promise<Tuning> {
  const found: Record<string, Selection> = { ...known };
  const timer = new GpuTimer(gpu);
  // Another choice may open new ones (a path of attention brings its own products): look again until none is left.
  for (let open = openPoints(gpu, graphs, found); open.length > 0; open = openPoints(gpu, graphs, found)) {
    for (const { point, node } of open) {
      if (expired()) return found;
      const selection = await measurePoint(gpu, timer, point, node, found, expired);
      if (!selection) return found;
      found[point.key] = selection;
      onDecided?.(point.key, selection);
    }
  }
  return found;
}

async function measurePoint(
  gpu: Gpu,
  timer: GpuTimer,
  { key, fallback, candidates }: ChoicePoint,
  node: Node,
  found: Tuning,
  expired: () => boolean,
): Promise<Selection | null> {
  const bench = new NodeBench(gpu, node);
  const names = [...new Set([fallback, ...candidates])];
  const prepared = new Map<string, Awaited<ReturnType<NodeBench['prepare']>> | null>();
  const measure = async (name: string): Promise<number | null> => {
    let encode = prepared.get(name);
    if (encode === undefined) {
      encode = await bench.prepare({ ...choicesOf(found), [key]: name }).catch(() => null);
      gpu.check(); // a variant that cannot run is left out; a device that cannot is not
      prepared.set(name, encode);
      if (encode) await timer.time([encode]); // drivers finish compiling at the first dispatch
    }
    if (!encode) return null;
    const once = (await timer.time([encode]))[0]!;
    const repeats = Math.max(1, Math.min(mostRepeats, Math.ceil(enough / once)));
    if (repeats === 1) return once;
    const run = encode;
    const many = (pass: GPUComputePassEncoder) => {
      for (let i = 0; i < repeats; i++) run(pass);
    };
    return (await timer.time([many]))[0]! / repeats;
  };
  try {
    return await selectVariant(names, measure, { expired });
  } finally {
    await gpu.finish().catch(() => undefined);
    bench.destroy();
  }
}

/** A measurement's length in ms: twenty times what a timer may be off by. */
const enough = 2;
const mostRepeats = 64;

interface OpenPoint {
  readonly point: ChoicePoint;
  readonly node: Node;
  readonly weight: number;
}

/** Choices not known yet that have alternatives, each with the first node that has it, the heaviest first. */
function openPoints(gpu: Gpu, graphs: readonly Graph[], known: Tuning): OpenPoint[] {
  const choices = choicesOf(known);
  const open = new Map<string, OpenPoint>();
  for (const node of graphs.flatMap(({ nodes }) => nodes)) {
    const points = pointsOf(gpu, node, choices).filter(
      ({ key, fallback, candidates }) =>
        !Object.hasOwn(known, key) && candidates.some((name) => name !== fallback),
    );
    for (const point of points) {
      const before = open.get(point.key);
      const weight = (before?.weight ?? 0) + weightOf(gpu, node, choices);
      open.set(point.key, { point: before?.point ?? point, node: before?.node ?? node, weight });
    }
  }
  return [...open.values()].sort((a, b) => b.weight - a.weight);
}

function pointsOf(gpu: Gpu, node: Node, choices: KernelChoices): ChoicePoint[] {
  const points: ChoicePoint[] = [];
  node.operation.lower(
    node,
    loweringContext(gpu.limits, choices, gpu.profile, (point) => points.push(point)),
  );
  return points;
}

/** About how long a node takes: GPUs do some ten operations in the time of one byte. */
function weightOf(gpu: Gpu, node: Node, choices: KernelChoices): number {
  const dispatches = node.operation.lower(node, loweringContext(gpu.limits, choices, gpu.profile));
  return dispatches.reduce((sum, dispatch) => sum + (dispatch.flops ?? 0) + 10 * bytesMoved(dispatch), 0);
}
