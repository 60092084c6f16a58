/** `bench report`: docs/benchmarks.md, from the rows kept in bench/results. No figure in it is written by hand. */
import { writeFileSync } from 'node:fs';
import { loadRows, type KeptRow } from './results.ts';
import { formatSpread } from './row.ts';
import { describeWork, works } from './work.ts';

const file = 'docs/benchmarks.md';

interface Section {
  readonly title: string;
  readonly benches: RegExp;
  readonly text: string;
}

const sections: readonly Section[] = [
  {
    title: 'Whole steps',
    benches: /^step$/,
    text: `The same model, weights, batches and AdamW in f32 in every engine, taking turns step by step, each step timed
until the GPU has finished it and its loss is read. Their time over ours is the ratio, by medians.`,
  },
  {
    title: 'The same losses',
    benches: /^losses$/,
    text: `The largest relative difference between our loss and a peer's at the same step. What is allowed stands as theirs.`,
  },
  {
    title: 'First step',
    benches: /^step\.first$/,
    text: `From nothing to one step done: device, weights, compilation of every pipeline, tuning, the step. The disk caches
of drivers are off.`,
  },
  {
    title: 'Memory',
    benches: /^(step\.)?memory/,
    text: `The most bytes of GPU buffers alive at one time, counted at the device's own \`createBuffer\` and \`destroy\`, the
same way for everyone.`,
  },
  {
    title: 'How near the floor',
    benches: /^step\.floor$/,
    text: `What the matrix products of a step would take alone: each at the best rate that any matmul kernel (ours or a plain
vec4 4×4 one) reaches on this adapter at its shape, or, stricter, all at the rate of the shape that goes fastest. Of
attention only the half that a causal mask leaves is counted. The ratio is the part of a step's time that this floor accounts for.`,
  },
  {
    title: 'Matrix products',
    benches: /^matmul/,
    text: `Every product of the step's linear layers (nt forward, nn gradient of the input, tn gradient of the weight)
against a plain vec4 4×4 register kernel on the same sizes.`,
  },
  {
    title: 'What a dispatch costs the host',
    benches: /^encode$/,
    text: `From the call of a step until all of it is submitted, the GPU idle before, over the dispatches of the step: with the
batch's preparation and uploads against peers; encoding and submitting alone against what is allowed.`,
  },
  {
    title: 'Reduced storage',
    benches: /^precision/,
    text: `The loss curve with moments, activations or weights in fewer bits, against the same run in f32.`,
  },
  {
    title: 'Weights in bf16',
    benches: /^weights\./,
    text: `A training step and a token by weights in bf16 and in f32, in turns, and the bytes of a model that is only asked.`,
  },
  {
    title: 'Checkpoints and imports',
    benches: /^(checkpoint|import)/,
    text: `Bytes per second through the checkpoint store.`,
  },
  {
    title: 'Proofs over whole runs',
    benches: /^proof/,
    text: `What must not change over a run, and does not.`,
  },
];

export function writeReport(): string {
  writeFileSync(file, formatReport(loadRows()));
  return file;
}

/** The whole document. */
export function formatReport(rows: readonly KeptRow[]): string {
  const real = rows.some(({ adapter }) => !adapter.endsWith('software'));
  const known = sections.filter(({ benches }) => rows.some(({ bench }) => benches.test(bench)));
  const parts = known.map(({ title, benches, text }) => {
    const own = rows.filter(({ bench }) => benches.test(bench));
    return `## ${title}\n\n${text}\n\n${formatRows(own)}\n`;
  });
  return `${introduction(real)}\n${parts.join('\n')}`;
}

function introduction(real: boolean): string {
  const caution = real
    ? ''
    : `
**No real GPU was at hand.** Every adapter below is software: a CPU that pretends to be a GPU. There arithmetic dominates,
so only the ratios mean anything, and they say nothing about occupancy, bandwidth or launch overhead on a real one.
`;
  const described = Object.values(works).map((work) => `- ${describeWork(work)}`);
  return `# Benchmarks

Written by \`npm run bench -- report\` from the measurements in \`bench/results/\`; every row names its adapter, versions and
date. Figures are medians, with the smallest and the largest in brackets. A ratio above 1 means that ours is better.
${caution}
To measure on another machine, with a real GPU or not:

\`\`\`sh
npm run bench -- --save NAME && npm run bench -- report   # here
npm run bundle -- --out DIR                               # or anywhere: a folder that needs Node 20 and \`npm install webgpu\`
\`\`\`

Works:

${described.join('\n')}
`;
}

function formatRows(rows: readonly KeptRow[]): string {
  const cells = rows.map((row) => [
    row.bench,
    row.work,
    row.adapter.replace(/:.*?(, software|$)/, '$1'),
    row.peer,
    `${formatSpread(row.ours)} ${row.unit}`,
    `${formatSpread(row.theirs)} ${row.unit}`,
    `${row.ratio.toFixed(2)}×`,
    row.notes,
    `${row.measured}, ${row.versions}`,
  ]);
  const header = ['bench', 'work', 'adapter', 'peer', 'ours', 'theirs', 'ratio', 'notes', 'measured'];
  return [header, header.map(() => '---'), ...cells].map((line) => `| ${line.join(' | ')} |`).join('\n');
}
