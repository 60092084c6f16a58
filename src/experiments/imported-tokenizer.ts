/**
 * The tokenizer that came with an imported model: found in its repository, checked against it, and kept with its run,
 * with what else an export needs of the repository's files.
 */
import { z } from 'zod';
import { readRange } from '../checkpoints/byte-source.ts';
import type { Database } from '../checkpoints/database.ts';
import { cached } from '../checkpoints/records.ts';
import type { SpecialTokens } from '../checkpoints/tokenizer-files.ts';
import type { ModelFolder } from '../checkpoints/weight-files.ts';
import { END_OF_TEXT } from '../tokenizers/byte-level-bpe-trainer.ts';
import { loadTokenizer } from '../tokenizers/tokenizer.ts';
import { parseTokenizerJson, type TokenizerJson } from '../tokenizers/tokenizer-json.ts';
import { remember } from './remembered.ts';
import type { TrainedTokenizer } from './resources.ts';

/** The largest vocabularies' files are 30 MB. */
const maxTokenizerBytes = 2 ** 26;
const roles = ['bos_token', 'eos_token', 'unk_token', 'pad_token'] as const;
const keptSchema = z.object({
  json: z.string(),
  specialTokens: z.partialRecord(z.enum(roles), z.string()),
  chatTemplate: z.string().optional(),
  /** generation_config.json. */
  generation: z.record(z.string(), z.json()).optional(),
});
type Kept = z.infer<typeof keptSchema>;
const generationFile = 'generation_config.json';
const templateFile = 'chat_template.jinja';

/** The model that a tokenizer is for. */
export interface TokenizedModel {
  readonly folder: ModelFolder;
  readonly config: Readonly<Record<string, unknown>>;
}

export class ImportedTokenizers {
  private readonly loaded = new Map<string, Promise<TrainedTokenizer>>();

  constructor(private readonly database: Database) {}

  /**
   * Reads a folder's tokenizer, and how the model is to generate, and keeps both for the run.
   * @throws RangeError when the tokenizer does not fit the model
   */
  async keep(run: string, folder: ModelFolder, { folder: home, config }: TokenizedModel): Promise<void> {
    const json = await readText(folder, 'tokenizer.json');
    const parsed = parseTokenizerJson(json);
    const named = await Promise.all(
      ['special_tokens_map.json', 'tokenizer_config.json'].map((name) => readSettings(folder, name)),
    );
    const settings = Object.assign({}, ...named) as Settings;
    const specialTokens = specialTokensOf(settings, config, parsed);
    const { vocabularySize } = loadTokenizer(parsed, specialTokens);
    const rows = Number(config.vocab_size);
    // Tokens added later may lie beyond the embedding; they are never written into a prompt.
    const added = new Set(parsed.added_tokens.map(({ id }) => id));
    const plain = Object.values((parsed.model.vocab ?? {}) as Record<string, number>);
    const beyond = Array.isArray(parsed.model.vocab)
      ? vocabularySize > rows
      : plain.some((id) => id >= rows && !added.has(id));
    if (beyond) {
      throw new RangeError(
        `import: tokenizer.json does not fit the model, got ${vocabularySize} tokens, ` +
          `expected at most the ${rows} of the config's vocab_size; name another by the spec's tokenizer`,
      );
    }
    const kept = keptSchema.parse({
      json,
      specialTokens,
      chatTemplate: await chatTemplateOf(folder, settings),
      generation: await generationOf(home),
    });
    await this.database.put('cache', kept, keyOf(run));
  }

  async has(run: string): Promise<boolean> {
    return (await this.database.count('cache', keyOf(run))) > 0;
  }

  /** The tokenizer of an imported run. @throws Error when it is not kept any more. */
  get(run: string): Promise<TrainedTokenizer> {
    return remember(this.loaded, run, async () => {
      const lost = (): Promise<Kept> =>
        Promise.reject(
          new Error(`tokenizer: that of imported run ${run} is not kept; import the model again`),
        );
      const { json, ...settings } = await cached(
        this.database,
        keyOf(run),
        (value) => keptSchema.parse(value),
        lost,
      );
      const parsed = parseTokenizerJson(json);
      return { tokenizer: loadTokenizer(parsed, settings.specialTokens), json: parsed, ...settings };
    });
  }

  async forget(run: string): Promise<void> {
    this.loaded.delete(run);
    await this.database.delete('cache', keyOf(run));
  }
}

function keyOf(run: string): string {
  return `tokenizer of import ${run}`;
}

type Settings = Readonly<Record<string, unknown>>;

/**
 * Roles as the tokenizer's files name them; the end of text as the model's config does where they are silent, and where
 * that is too, by its usual name.
 */
function specialTokensOf(settings: Settings, config: Settings, json: TokenizerJson): SpecialTokens {
  const tokens: Partial<Record<(typeof roles)[number], string>> = {};
  for (const role of roles) {
    const value = settings[role];
    const content =
      typeof value === 'string' ? value : (value as { content?: unknown } | null | undefined)?.content;
    if (typeof content === 'string') tokens[role] = content;
  }
  const id: unknown = Array.isArray(config.eos_token_id) ? config.eos_token_id[0] : config.eos_token_id;
  const named =
    json.added_tokens.find((token) => token.id === id) ??
    json.added_tokens.find(({ content }) => content === END_OF_TEXT);
  if (tokens.eos_token === undefined && named !== undefined) tokens.eos_token = named.content;
  return tokens;
}

/** Where transformers keeps it now, else where it did. Only the main one of several: an export has room for one. */
async function chatTemplateOf(folder: ModelFolder, { chat_template }: Settings): Promise<string | undefined> {
  if (folder.names.includes(templateFile)) return readText(folder, templateFile);
  const several = z.array(z.object({ name: z.string(), template: z.string() })).safeParse(chat_template).data;
  const template = several ? several.find(({ name }) => name === 'default')?.template : chat_template;
  return typeof template === 'string' ? template : undefined;
}

/** Only an export wants it: one that cannot be read is no reason to refuse a model. */
async function generationOf(home: ModelFolder): Promise<Settings | undefined> {
  return home.names.includes(generationFile)
    ? readSettings(home, generationFile).catch(() => undefined)
    : undefined;
}

async function readSettings(folder: ModelFolder, name: string): Promise<Settings> {
  if (!folder.names.includes(name)) return {};
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(await readText(folder, name)));
  } catch (cause) {
    throw new TypeError(`import: ${name} is not a JSON object, expected it as transformers saves it`, {
      cause,
    });
  }
}

async function readText(folder: ModelFolder, name: string): Promise<string> {
  const bytes = await folder.open(name);
  if (bytes.size > maxTokenizerBytes) {
    throw new RangeError(
      `import: ${name} is too long, got ${bytes.size} bytes, expected at most ${maxTokenizerBytes}`,
    );
  }
  return new TextDecoder().decode(await readRange({ name, bytes }, 0, bytes.size));
}
