/**
 * Experiment specs: plain JSON that says everything about a run. A spec's hash is the run's id (spec-hash.ts),
 * so the same spec never runs twice. Defaults live in these schemas and nowhere else: `parse` turns what a person
 * wrote into the complete spec that is hashed, stored and shown.
 */
import { z } from 'zod';
import { recomputePolicies } from '../graph/recompute.ts';

const positive = z.number().int().positive();
const steps = z.number().int().nonnegative();
/** Specs refuse unknown fields: a misspelt field must not train silently with a default. */
const spec = z.strictObject;

/** Documents to read: a bundled corpus or a file the person dropped, narrowed by document metadata. */
export const corpusSchema = spec({
  /** Name in the dataset index (`state-of-the-union`), or `file:NAME` for a dropped file. */
  name: z.string().min(1),
  /** Keep only documents whose metadata has these values, or lies in `[low, high]` for numbers. */
  where: z
    .record(z.string(), z.union([z.string(), z.number(), z.tuple([z.number(), z.number()])]))
    .default({}),
  /** Keep only the first documents up to about this many UTF-8 bytes, in the seeded document order. */
  maxBytes: positive.nullable().default(null),
});

export const tokenizerSchema = spec({
  kind: z.literal('bpe').default('bpe'),
  vocabularySize: z.number().int().min(257).max(65_536),
  corpora: z.array(corpusSchema).min(1),
});

export const pretrainDataSchema = spec({
  corpora: z.array(corpusSchema).min(1),
  tokenizer: tokenizerSchema,
  /** Share of documents held out for the validation loss; split by document. */
  validationFraction: z.number().min(0).max(0.5).default(0.05),
  /** Orders documents, the split and the training windows. */
  seed: z.number().int().default(0),
});

export const gptNeoXSchema = spec({
  family: z.literal('gpt_neox'),
  layers: positive,
  width: positive,
  heads: positive,
  feedForward: positive.nullable().default(null).describe('4 × width when null'),
  rotaryFraction: z.number().min(0).max(1).default(0.25),
  rotaryBase: z.number().positive().default(10_000),
  parallelResidual: z.boolean().default(true),
  layerNormEpsilon: z.number().positive().default(1e-5),
  initializerRange: z.number().positive().default(0.02),
  tied: z.boolean().default(false),
});
export const llamaSchema = spec({
  family: z.literal('llama'),
  layers: positive,
  width: positive,
  heads: positive,
  keyHeads: positive.nullable().default(null).describe('heads that share keys and values; heads when null'),
  feedForward: positive.nullable().default(null).describe('8/3 × width, up to a multiple of 8, when null'),
  rotaryBase: z.number().positive().default(10_000),
  normEpsilon: z.number().positive().default(1e-5),
  initializerRange: z.number().positive().default(0.02),
  tied: z.boolean().default(false),
});
export const modelSchema = z.discriminatedUnion('family', [gptNeoXSchema, llamaSchema]);

export const optimizerSchema = spec({
  kind: z.literal('adamw').default('adamw'),
  learningRate: z.number().positive(),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).default([0.9, 0.95]),
  epsilon: z.number().positive().default(1e-8),
  weightDecay: z.number().min(0).default(0.1),
  schedule: z.enum(['constant', 'linear', 'cosine']).default('cosine'),
  warmupSteps: steps.default(0),
  /** The schedule ends at this fraction of the peak learning rate. */
  finalFraction: z.number().min(0).max(1).default(0.1),
  /** Clip gradients to this global L2 norm; null does not clip. */
  maxGradNorm: z.number().positive().nullable().default(1),
  moments: z
    .enum(['f32', '8bit'])
    .optional()
    .describe("Storage of AdamW's moments; 8bit: 2 bytes a matrix element instead of 8. f32 when left out"),
});

/**
 * How a training step is computed, not what it computes: fields that came after the first runs. Left out, they mean
 * what those runs did, so that an old spec keeps its id (spec-hash.ts drops them at those values).
 */
const stepFields = {
  accumulation: positive
    .optional()
    .describe(
      'Equal parts of a batch computed one after the other, their gradients summed: less memory. 1 when left out',
    ),
  recompute: z
    .enum(['auto', ...recomputePolicies])
    .optional()
    .describe(
      'Activations computed again in backward instead of kept: the same numbers, less memory, more time. ' +
        'auto when left out: as much as it takes to fit',
    ),
  activations: z
    .enum(['f32', 'bf16'])
    .optional()
    .describe('Storage of the activations that backward reads; bf16 takes half. f32 when left out'),
  weights: z
    .enum(['f32', 'bf16'])
    .optional()
    .describe(
      'What products read of the weights; bf16 is a copy of half the bytes, and f32 is what is trained and kept. f32 when left out',
    ),
  kernels: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'Kernel variants by operation and shape, as a run records them under environment.tuning.choices: pins its bits. Tuned on this adapter when left out',
    ),
};

export const pretrainSchema = spec({
  kind: z.literal('pretrain'),
  model: modelSchema,
  data: pretrainDataSchema,
  optimizer: optimizerSchema,
  /** Sequences per step. */
  batchSize: positive,
  /** Tokens per sequence. */
  contextLength: positive,
  steps: positive,
  ...stepFields,
  /** Steps whose weights are kept; 0 is the untrained model. */
  checkpoints: z.array(steps).min(1),
  validation: spec({ every: positive, batches: positive }).nullable().default(null),
  /** Seeds the initial weights. */
  seed: z.number().int().default(0),
});

/** Weights to start from or to look at: a run and one of its checkpointed steps. */
export const checkpointReferenceSchema = spec({ run: z.string().min(1), step: steps });

export const finetuneSchema = spec({
  kind: z.literal('finetune'),
  from: checkpointReferenceSchema,
  task: z.string().min(1),
  method: z.enum(['full']).default('full'),
  /** Prompt format used in training. */
  format: z.string().default('default'),
  /** Training items, drawn by `seed` from the task's training split. */
  items: positive,
  epochs: positive.default(1),
  batchSize: positive,
  contextLength: positive,
  ...stepFields,
  optimizer: optimizerSchema,
  seed: z.number().int().default(0),
});

export const evaluateSchema = spec({
  kind: z.literal('evaluate'),
  checkpoint: checkpointReferenceSchema,
  task: z.string().min(1),
  shifts: z
    .array(z.enum(['id', 'ood']))
    .min(1)
    .default(['id', 'ood']),
  formats: z.array(z.string()).min(1).default(['default', 'instruct', 'io']),
  shots: z.number().int().nonnegative().default(0),
  /** Test items per shift, drawn by `seed`. */
  items: positive,
  batchSize: positive.default(16),
  contextLength: positive,
  weights: z
    .enum(['f32', 'bf16'])
    .optional()
    .describe('Storage of the matrices on the GPU; bf16 takes half. f32 when left out'),
  bootstrapResamples: positive.default(1000),
  seed: z.number().int().default(0),
});

/** 40 hex digits: a commit of the hub. 64: the SHA-256 of files of one's own. */
const commitSchema = z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'a commit: 40 hex digits');

/** What `hub` says of a model that came as files. */
export const ownFiles = 'files';

export const importSchema = spec({
  kind: z.literal('import'),
  /** Repository on the hub, `owner/name`; of files, the name of their folder. */
  repository: z.string().min(1).max(200),
  /** Address of the hub, or `files`. */
  hub: z
    .string()
    .regex(
      /^(?:files|https?:\/\/[^\s/?#]+(?:\/[^\s?#]*[^\s?#/])?)$/,
      'an address such as https://huggingface.co',
    )
    .default('https://huggingface.co'),
  /** Each becomes the checkpoint at its step. Names can move, commits cannot. */
  revisions: z
    .array(
      spec({
        name: z.string().min(1).max(200),
        commit: commitSchema,
        /** Optimizer steps since the beginning of training: the checkpoint's key. */
        step: steps,
        /** Tokens trained on at that step; null where nobody says. */
        tokens: z.number().nonnegative().nullable().default(null),
      }),
    )
    .min(1),
  /** Where tokenizer.json is taken from; null takes that of the revisions, or the repository's own. */
  tokenizer: spec({ repository: z.string().min(1), commit: commitSchema })
    .nullable()
    .default(null),
});

export const runSpecSchema = z.discriminatedUnion('kind', [
  pretrainSchema,
  finetuneSchema,
  evaluateSchema,
  importSchema,
]);

export type CorpusSpec = z.infer<typeof corpusSchema>;
export type TokenizerSpec = z.infer<typeof tokenizerSchema>;
export type PretrainDataSpec = z.infer<typeof pretrainDataSchema>;
export type ModelSpec = z.infer<typeof modelSchema>;
export type OptimizerSpec = z.infer<typeof optimizerSchema>;
export type PretrainSpec = z.infer<typeof pretrainSchema>;
export type FinetuneSpec = z.infer<typeof finetuneSchema>;
export type EvaluateSpec = z.infer<typeof evaluateSchema>;
export type ImportSpec = z.infer<typeof importSchema>;
export type ImportedRevision = ImportSpec['revisions'][number];
export type CheckpointReference = z.infer<typeof checkpointReferenceSchema>;
export type RunSpec = z.infer<typeof runSpecSchema>;
/** What a person may write: defaulted fields left out. */
export type RunSpecInput = z.input<typeof runSpecSchema>;
