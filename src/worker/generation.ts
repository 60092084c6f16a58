/** What the protocol says of generating text: the request, its answer, and what is reported meanwhile. */
import { z } from 'zod';
import { checkpointReferenceSchema } from '../experiments/spec.ts';

/** Texts that one request may ask for: prompts × samples. */
const MAX_TEXTS = 64;

export const generateSchema = z
  .object({
    /** The caller's name for this generation, by which its events are told apart and it is stopped. */
    id: z.string().min(1).max(100),
    checkpoint: checkpointReferenceSchema,
    prompts: z.array(z.string().max(100_000)).min(1).max(MAX_TEXTS),
    /** Continuations of each prompt. */
    samples: z.number().int().min(1).max(MAX_TEXTS).default(1),
    /** At most this many tokens; as many as half the context holds, and no more than 64, where left out. */
    newTokens: z.number().int().min(1).max(100_000).nullable().default(null),
    /** 0 always takes the likeliest token. */
    temperature: z.number().min(0).max(1000).default(0),
    /** 0 keeps all. */
    topK: z.number().int().min(0).default(0),
    /** 1 keeps all. */
    topP: z.number().gt(0).max(1).default(1),
    /** A text ends before the first of these. */
    stop: z.array(z.string().min(1).max(200)).max(16).default([]),
    /** Likeliest tokens reported at each place. */
    alternatives: z.number().int().min(0).max(50).default(5),
    /** Storage of the matrices on the GPU: bf16 takes half the bytes, of memory and of every pass. */
    weights: z.enum(['f32', 'bf16']).default('f32'),
    seed: z.number().int().default(0),
  })
  .refine(({ prompts, samples }) => prompts.length * samples <= MAX_TEXTS, {
    message: `too many texts: prompts × samples must be at most ${MAX_TEXTS}`,
    path: ['samples'],
  });

export type GenerateRequest = z.output<typeof generateSchema>;

export interface GeneratedAlternative {
  readonly piece: string;
  /** ln p */
  readonly logProbability: number;
}

export interface GeneratedToken {
  readonly id: number;
  /** The token by itself; bytes that are only part of a character as `<0xE2>`. */
  readonly piece: string;
  /** Its share of the text: empty where it only begins a character. The shares of all tokens join to the text. */
  readonly text: string;
  /** ln p, entropy (nats), rank (1 is the likeliest) and alternatives: of the model, before temperature, top-k, top-p. */
  readonly logProbability: number;
  readonly entropy: number;
  readonly rank: number;
  readonly alternatives: readonly GeneratedAlternative[];
  /** Probability with which it was drawn, after temperature, top-k and top-p: 1 at temperature 0. */
  readonly drawn: number;
}

export interface GeneratedText {
  /** Which of the prompts, and which continuation of it, from 0. */
  readonly prompt: number;
  readonly sample: number;
  readonly text: string;
  readonly tokens: readonly GeneratedToken[];
  /** Why it ended; null while it grows. */
  readonly end: 'newTokens' | 'stop' | 'endOfText' | null;
}

export interface Generation {
  readonly texts: readonly GeneratedText[];
  /** For each prompt, how many of its first tokens were left out because the model reads no more. */
  readonly leftOut: readonly number[];
  /** Most tokens that a text could have had. */
  readonly newTokens: number;
  readonly contextLength: number;
}

export interface GenerationEvent {
  readonly type: 'generation';
  readonly id: string;
  /** `waiting`: for the run that has the GPU to come to the end of its step. */
  readonly state: 'waiting' | 'loading' | 'writing';
  /** Tokens that are new since the last report, by text: `[text, token]`. */
  readonly tokens: readonly (readonly [text: number, token: GeneratedToken])[];
}
