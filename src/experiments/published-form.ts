/**
 * Forms in which models of our families were published before transformers had a class for them: a config in other
 * words, and tensors under other names or several in one. Each is a file, and a line here.
 */
import type { Json } from '../checkpoints/manifest.ts';
import type { ParameterSpec } from '../models/family.ts';
import { hfOlmo } from './hf-olmo.ts';
import { wrappedOpenLm } from './wrapped-open-lm.ts';

export type Config = Readonly<Record<string, Json>>;

/** A tensor of a file, and the parameters that it holds, one below the other. */
export interface Holding {
  readonly name: string;
  readonly parts: readonly ParameterSpec[];
}

export interface PublishedForm {
  /** Whether a config.json is of this form. */
  owns(config: Config): boolean;
  /** The config in the words of the family's own. @throws RangeError naming the field that no family here can do */
  translate(config: Config): Config;
  /** A tensor's name without what wrappers put before it. */
  bareName(name: string): string;
  /** The tensors that hold these parameters. */
  holdings(parameters: readonly ParameterSpec[]): Holding[];
}

const forms: readonly PublishedForm[] = [hfOlmo, wrappedOpenLm];

/** Names and config as the family itself has them. */
const plain: PublishedForm = {
  owns: () => true,
  translate: (config) => config,
  bareName: (name) => name,
  holdings: (parameters) => parameters.map((parameter) => ({ name: parameter.name, parts: [parameter] })),
};

export function formOf(config: Json): PublishedForm {
  return forms.find((form) => form.owns(config as Config)) ?? plain;
}

/** A config.json in the words that our families read. @throws RangeError naming the field that cannot be honoured */
export function translateConfig(config: Json): Json {
  return formOf(config).translate(config as Config);
}
