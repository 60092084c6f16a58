/** The README.md of an exported model: what it is, how it was made, and where its weights come from. */
import type { CheckpointReference, Json } from './manifest.ts';

export interface ModelCard {
  readonly title: string;
  readonly checkpoint: CheckpointReference;
  /** Tokens trained on. */
  readonly tokens: number;
  /** The spec of the run, complete: running it again gives these weights. */
  readonly spec: Json;
  /** Checkpoints the weights descend from, the nearest first, with the specs of their runs where known. */
  readonly lineage: readonly (CheckpointReference & { readonly spec?: Json })[];
  /** Adapter, versions, data hashes. */
  readonly environment?: Json;
  /** An SPDX identifier, where the data allow one to be stated. */
  readonly licence?: string;
}

export function modelCard(card: ModelCard): string {
  const { title, checkpoint, tokens, spec, lineage, environment, licence } = card;
  const sections = [
    frontMatter(licence),
    `# ${oneLine(title)}`,
    'Trained by amuro, a WebGPU research notebook, in a browser tab.',
    '## Checkpoint',
    `Run \`${oneLine(checkpoint.run)}\`, step ${checkpoint.step}, after ${tokens.toLocaleString('en')} tokens.`,
    '## How it was made',
    'The complete spec of the run. The same spec, run again, gives the same model.',
    fenced(spec),
    '## Lineage',
    ...lineageSections(lineage),
    ...(environment === undefined ? [] : ['## Environment', fenced(environment)]),
    '## Use',
    "```python\nfrom transformers import AutoModelForCausalLM, AutoTokenizer\n\nmodel = AutoModelForCausalLM.from_pretrained('.')\ntokenizer = AutoTokenizer.from_pretrained('.')\n```",
  ];
  return `${sections.join('\n\n')}\n`;
}

function frontMatter(licence: string | undefined): string {
  const lines = ['library_name: transformers', 'pipeline_tag: text-generation', 'tags:', '  - amuro'];
  if (licence !== undefined) lines.unshift(`license: ${JSON.stringify(licence)}`);
  return ['---', ...lines, '---'].join('\n');
}

function lineageSections(lineage: ModelCard['lineage']): string[] {
  if (lineage.length === 0) return ['Trained from random weights.'];
  return lineage.flatMap(({ run, step, spec }) => {
    const origin = `From step ${step} of run \`${oneLine(run)}\`.`;
    return spec === undefined ? [origin] : [origin, fenced(spec)];
  });
}

/** A fence longer than any run of backticks in the text, so that the text cannot end it. */
function fenced(value: Json): string {
  const text = JSON.stringify(value, null, 2);
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}json\n${text}\n${fence}`;
}

function oneLine(text: string): string {
  return text.replace(/[\s`]+/g, ' ').trim();
}
