/** Runs as a tree of origins. */
import { expect, it } from 'vitest';
import { lineage } from '../../src/ui/run-lineage.ts';
import type { LineageNode } from '../../src/ui/run-lineage.ts';
import { evaluateInput, finetuneInput, pretrainInput, view } from './run-fixtures.ts';

const outline = (nodes: readonly LineageNode[], depth = 0): string[] =>
  nodes.flatMap((node) => [`${' '.repeat(depth)}${node.key}`, ...outline(node.children, depth + 1)]);

it('hangs fine-tunes on their checkpoint, evaluations on what they evaluate, in the order of a study', () => {
  const tree = lineage([
    view('e2', evaluateInput('f1', 9)),
    view('e1', evaluateInput('p', 4)),
    view('f2', finetuneInput('p', 4, 'capitals')),
    view('f1', finetuneInput('p', 4, 'spam')),
    view('p', pretrainInput),
  ]);
  expect(outline(tree)).toEqual(['p', ' p@0', ' p@1', ' p@4', '  f2', '  f1', '   e2', '  e1', ' p@37']);
});

it('puts the newest pre-training first, and keeps runs whose origin was removed as roots', () => {
  const tree = lineage([
    view('old', pretrainInput, { createdAt: 1 }),
    view('new', pretrainInput, { createdAt: 2 }),
    view('orphan', finetuneInput('gone', 4), { createdAt: 3 }),
  ]);
  expect(tree.map((node) => node.key)).toEqual(['orphan', 'new', 'old']);
});

it('says which checkpoints are kept already', () => {
  const [root] = lineage([
    view('p', pretrainInput, { status: 'running', done: 2 }, { done: 4, status: 'running' }),
  ]);
  const kept = root!.children.map((node) => node.kind === 'checkpoint' && node.kept);
  expect(kept).toEqual([true, true, true, false]);
});

it('does not loop on a run that names itself as its origin', () => {
  expect(outline(lineage([view('x', finetuneInput('x', 1))]))).toEqual(['x']);
});

it('shows a checkpoint that the spec no longer names but something starts from', () => {
  const [root] = lineage([view('p', pretrainInput), view('f', finetuneInput('p', 8))]);
  expect(root!.children.map((node) => node.key)).toEqual(['p@0', 'p@1', 'p@4', 'p@8', 'p@37']);
});
