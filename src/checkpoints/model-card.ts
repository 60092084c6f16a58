/** The README.md of an exported model: what it is, how it was made, and where its weights come from. */
import type { CheckpointReference, Json } from './manifest.ts';

export interface ModelCard {
  readonly title: string;
  readonly checkpoint: CheckpointReference;
  /** Tokens trained on; 0 where nobody says. */
  readonly tokens: number;
  /** The spec of the run, complete: running it again gives these weights. */
  readonly spec: Json;
  /** Where the first weights of all came from, as a sentence. */
  readonly origin: string;
  /** Whether they were trained here at all. */
  readonly trained: boolean;
  /** Checkpoints the weights descend from, the nearest first, with the specs of their runs where known. */
  readonly lineage: readonly (CheckpointReference & { readonly spec?: Json })[];
  /** Adapter, versions, data hashes. */
  readonly environment?: Json;
  /** transformers' class that loads the model, or null where it has none. */
  readonly transformersClass: string | null;
  /** An SPDX identifier, where the data allow one to be stated. */
  readonly licence?: string;
}

export function modelCard(card: ModelCard): string {
  const { title, checkpoint, tokens, spec, lineage, environment } = card;
  const seen = tokens > 0 ? `, after ${tokens.toLocaleString('en')} tokens` : '';
  const sections = [
    frontMatter(card),
    `# ${oneLine(title)}`,
    `${card.trained ? 'Trained' : 'Imported, and not changed,'} by amuro, a WebGPU research notebook, in a browser tab.`,
    '## Checkpoint',
    `Run \`${oneLine(checkpoint.run)}\`, step ${checkpoint.step}${seen}.`,
    '## How it was made',
    'The complete spec of the run. The same spec, run again, gives the same model.',
    fenced(spec),
    '## Lineage',
    ...lineage.flatMap(lineageSection),
    oneLine(card.origin),
    ...(environment === undefined ? [] : ['## Environment', fenced(environment)]),
    '## Use',
    card.transformersClass === null ? withoutClass : withTransformers,
  ];
  return `${sections.join('\n\n')}\n`;
}

const withTransformers = `\`\`\`python
from transformers import AutoModelForCausalLM, AutoTokenizer

model = AutoModelForCausalLM.from_pretrained('.')
tokenizer = AutoTokenizer.from_pretrained('.')
\`\`\``;
const withoutClass =
  'transformers has no class for this family: names and config.json are those of its own definition. ' +
  'The folder, dropped onto a notebook of amuro, is imported again.';

function frontMatter({ licence, transformersClass }: ModelCard): string {
  const library = transformersClass === null ? [] : ['library_name: transformers'];
  const lines = [...library, 'pipeline_tag: text-generation', 'tags:', '  - amuro'];
  if (licence !== undefined) lines.unshift(`license: ${JSON.stringify(licence)}`);
  return ['---', ...lines, '---'].join('\n');
}

function lineageSection({ run, step, spec }: ModelCard['lineage'][number]): string[] {
  const parent = `From step ${step} of run \`${oneLine(run)}\`.`;
  return spec === undefined ? [parent] : [parent, fenced(spec)];
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
