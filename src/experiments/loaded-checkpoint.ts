/** A checkpoint's weights on the GPU, ready to be asked. */
import { GpuLanguageModel } from '../evaluation/gpu-language-model.ts';
import { Graph } from '../graph/graph.ts';
import { VariableStore } from '../graph/variable-store.ts';
import {
  dataByPiece,
  declareParameters,
  flatName,
  layoutParameters,
  parametersName,
} from '../models/parameter-layout.ts';
import type { Gpu } from '../gpu/device.ts';
import { toFloat32 } from '../checkpoints/tensor-source.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';
import type { ExperimentStore } from './experiment-store.ts';
import { modelFromConfig } from './model-from-spec.ts';
import type { CheckpointReference } from './spec.ts';
import { textCodec } from './text-codec.ts';

export interface LoadOptions {
  readonly tokenizer: Tokenizer;
  readonly contextLength: number;
  readonly batchSize: number;
  /** What the matrices are on the GPU; f32 if left out. */
  readonly weights?: 'f32' | 'bf16' | undefined;
}

export interface LoadedCheckpoint {
  readonly model: GpuLanguageModel;
  /** Frees its GPU memory. */
  dispose(): Promise<void>;
}

/** Uploads a checkpoint's weights, one tensor at a time. */
export async function loadOnGpu(
  gpu: Gpu,
  store: ExperimentStore,
  reference: CheckpointReference,
  { tokenizer, contextLength, batchSize, weights }: LoadOptions,
): Promise<LoadedCheckpoint> {
  const checkpoint = await store.loadCheckpoint(reference);
  const { family, config } = modelFromConfig(checkpoint.config as Record<string, unknown>);
  const layout = layoutParameters(family.parameters(config), gpu.limits, weights);
  const variables = new VariableStore(gpu);
  try {
    await variables.ensure(declareParameters(new Graph(), layout).flats);
    const places = new Map(layout.named.map((parameter) => [parameter.name, parameter]));
    for (const source of checkpoint.weights) {
      const place = places.get(source.name);
      if (!place) throw new Error(`checkpoint: ${source.name} is not a parameter of this model`);
      for (const [{ flat, offset }, data] of dataByPiece(place, await toFloat32(source)))
        variables.write(flatName(parametersName, flat), data, offset);
    }
  } catch (error) {
    variables.destroy();
    throw error;
  }
  const loaded = { gpu, family, config, layout, store: variables };
  const model = new GpuLanguageModel(loaded, {
    contextLength,
    batchSize,
    vocabularySize: tokenizer.vocabularySize,
    tokenizer: textCodec(tokenizer),
  });
  return {
    model,
    async dispose() {
      try {
        await model.dispose();
      } finally {
        variables.destroy();
      }
    },
  };
}
