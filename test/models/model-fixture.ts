/** A model of the tests: family, configuration and seeded weights in which every parameter matters. */
import type { LoadedModel } from '../../src/evaluation/scoring-plan.ts';
import { Graph } from '../../src/graph/graph.ts';
import { VariableStore } from '../../src/graph/variable-store.ts';
import type { ModelFamily } from '../../src/models/family.ts';
import { findFamily } from '../../src/models/index.ts';
import {
  declareParameters,
  flatName,
  initialParameters,
  layoutParameters,
  parametersName,
  type ParameterLayout,
} from '../../src/models/parameter-layout.ts';
import { testGpu } from '../gpu/device.ts';
import { seededNormal } from '../ops/harness.ts';

export interface ModelFixture {
  readonly family: ModelFamily<unknown>;
  readonly config: unknown;
  readonly layout: ParameterLayout;
  readonly weights: ReadonlyMap<string, Float32Array>;
}

/** No bias is zero and no norm weight is one: a parameter that is forgotten or swapped shows. */
export function modelFixture(json: Readonly<Record<string, unknown>>, seed = 7): ModelFixture {
  const family = findFamily(String(json.model_type));
  const config = family.fromHuggingFace(json);
  const specs = family.parameters(config);
  const weights = initialParameters(specs, (name, count) => {
    const normal = seededNormal([...name].reduce((hash, c) => (hash * 31 + c.charCodeAt(0)) >>> 0, seed));
    return Float64Array.from({ length: count }, normal);
  });
  specs.forEach(({ name, init }, index) => {
    if (init.kind === 'normal') return;
    const normal = seededNormal(seed + 100 + index);
    weights.set(
      name,
      weights.get(name)!.map((value) => value + 0.1 * normal()),
    );
  });
  return { family, config, layout: layoutParameters(specs), weights };
}

/** The weights as the flat float64 variable of the reference. */
export function flatWeights({ layout, weights }: ModelFixture): Float64Array {
  const flat = new Float64Array(layout.flats[0]!.size);
  for (const { name, offset } of layout.parameters) flat.set(weights.get(name)!, offset);
  return flat;
}

/** The model on the GPU, for scoring and generation. */
export async function loadFixture({ family, config, layout, weights }: ModelFixture): Promise<LoadedModel> {
  const gpu = await testGpu();
  const store = new VariableStore(gpu);
  await store.ensure(declareParameters(new Graph(), layout).flats);
  for (const { name, flat, offset } of layout.parameters)
    store.write(flatName(parametersName, flat), weights.get(name)!, offset);
  return { gpu, family, config, layout, store };
}
