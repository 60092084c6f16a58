/** What a model family is: configuration → parameters → forward, with the public state-dict names of Hugging Face. */
import type { Graph } from '../graph/graph.ts';
import type { Shape, Tensor } from '../graph/tensor.ts';
import type { AttentionPath } from './attention-path.ts';

export type Initializer =
  { readonly kind: 'normal'; readonly std: number } | { readonly kind: 'constant'; readonly value: number };

export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly init: Initializer;
  /** Whether weight decay applies: matrices yes; biases and norm weights no. */
  readonly decay: boolean;
  /** Of a matrix with a row for each token: whether its rows are only looked up, or also, or only, multiplied by. */
  readonly tokenRows?: 'looked-up' | 'multiplied';
}

export interface BatchShape {
  /** B, sequences. */
  readonly batch: number;
  /** T, tokens per sequence. */
  readonly time: number;
}

export type Parameters = Readonly<Record<string, Tensor>>;

export interface ModelFamily<Config> {
  /** transformers' `model_type`. */
  readonly name: string;
  /** Parameters in state-dict order. */
  parameters(config: Config): ParameterSpec[];
  /** tokens (N) i32 → hidden states after the final norm (N, C), N the rows of `path`. */
  hidden(graph: Graph, parameters: Parameters, tokens: Tensor, path: AttentionPath, config: Config): Tensor;
  /** Shape of one layer's keys, and of its values, per token. */
  cacheShape(config: Config): { readonly layers: number; readonly heads: number; readonly headSize: number };
  /** Name of the parameter (V, C) that turns hidden states into logits. */
  headName(config: Config): string;
  /** `config.json` as transformers reads it. */
  toHuggingFace(config: Config): Record<string, unknown>;
  /** From `config.json`; throws naming the field that it cannot honour. */
  fromHuggingFace(json: Record<string, unknown>): Config;
}
