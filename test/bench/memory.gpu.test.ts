/** The peak of a training step's buffers against the arithmetic of what it must hold. */
import { describe, expect, it } from 'vitest';
import { measureMemory } from '../../bench/memory.ts';
import { stepArithmetic } from '../../bench/step-arithmetic.ts';
import { works } from '../../bench/work.ts';
import { planGraph } from '../../src/graph/executable.ts';
import { portableLimits } from '../../src/graph/lowering.ts';
import { recomputePolicies } from '../../src/graph/recompute.ts';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import { layoutParameters } from '../../src/models/parameter-layout.ts';
import { buildTrainingGraph } from '../../src/training/training-graph.ts';
import { testGpu } from '../gpu/device.ts';

describe('memory of a training step', () => {
  it.each(recomputePolicies)(
    'is within 1.15 of the arithmetic, all buffers counted, with recompute %s',
    async (recompute) => {
      const { peak, arithmetic } = await measureMemory(await testGpu(), works.small, recompute);
      expect(peak).toBeGreaterThan(arithmetic.state);
      expect(peak / arithmetic.total).toBeLessThan(1.15);
    },
  );

  const cases = (['A', 'B'] as const).flatMap((name) =>
    recomputePolicies.flatMap((recompute) =>
      [true, false].map((software) => ({ name, recompute, software })),
    ),
  );
  it.each(cases)(
    'is planned within 1.15 of the arithmetic for work $name, recompute $recompute, software: $software',
    ({ name, recompute, software }) => {
      const { config, options } = works[name];
      const layout = layoutParameters(gptNeoX.parameters(config));
      const model = { family: gptNeoX, config, layout, shape: options.shape, recompute };
      const { graph } = buildTrainingGraph(model, options.optimizer);
      const profile = { software, subgroups: true, subgroupMinSize: 4 };
      const { total } = planGraph({ limits: portableLimits, profile }, graph).plan.bytes;
      const arithmetic = stepArithmetic(config, layout.count, options.shape, recompute, software);
      expect(total / arithmetic.total).toBeLessThan(1.15);
    },
  );
});
