/** Runs a conformance directory through the engine and compares: logits, loss, gradients, training, final weights. */
import type { Gpu } from '../../src/gpu/device.ts';
import { difference, worst, type Check } from './comparison.ts';
import { backward, forward, trainSteps } from './engine-run.ts';
import { find, readSubject, type Named, type Subject } from './subject.ts';
import type { HostTensor } from './tensor-file.ts';

/** The five checks of one directory. Throws where directory and model do not fit together. */
export async function checkDirectory(gpu: Gpu, directory: string): Promise<Check[]> {
  const subject = await readSubject(directory);
  const logits = await forward(gpu, subject);
  const { loss, gradients } = await backward(gpu, subject);
  const { losses, final } = await trainSteps(gpu, subject);
  return [
    checkLogits(subject, logits),
    checkLoss(subject, loss),
    checkGradients(subject, gradients),
    checkLosses(subject, losses),
    checkFinal(subject, final),
  ];
}

function checkLogits({ golden }: Subject, logits: Float32Array): Check {
  const { absolute, norm, expectedNorm } = difference('logits', logits, find(golden.expected, 'logits'));
  return {
    name: 'logits',
    absolute,
    relative: norm / expectedNorm,
    tolerance: golden.description.tolerance.logits,
  };
}

function checkLoss({ golden }: Subject, loss: number): Check {
  const { absolute, expectedNorm } = difference('loss', [loss], find(golden.expected, 'loss'));
  return {
    name: 'loss',
    absolute,
    relative: absolute / expectedNorm,
    tolerance: golden.description.tolerance.loss,
  };
}

function checkGradients({ golden }: Subject, gradients: Named): Check {
  const compared = [...gradients].map(([name, gradient]) => {
    const full = `grad.${name}`;
    return { name: full, ...difference(full, gradient, find(golden.expected, full)) };
  });
  // A gradient that is zero but for rounding is measured against what is not.
  const floor = 1e-6 * Math.max(...compared.map(({ expectedNorm }) => expectedNorm));
  const { grad, tensors } = golden.description.tolerance;
  return worst(
    compared.map(({ name, absolute, norm, expectedNorm }) => ({
      name,
      absolute,
      relative: norm / Math.max(expectedNorm, floor),
      tolerance: tensors[name] ?? grad,
    })),
  );
}

function checkLosses({ golden }: Subject, losses: readonly number[]): Check {
  const expected = find(golden.expected, 'steps.loss');
  const { absolute } = difference('steps.loss', losses, expected);
  const relative = Math.max(...losses.map((loss, step) => Math.abs(loss / expected[step]! - 1)));
  return { name: 'steps.loss', absolute, relative, tolerance: golden.description.tolerance['steps.loss'] };
}

function checkFinal({ golden }: Subject, final: Named): Check {
  const { final: common, tensors } = golden.description.tolerance;
  const checks = [...final].map(([name, values]) => {
    const full = `final.${name}`;
    const ignored = undetermined(golden.expected.get(`grad.${name}`)!);
    const { absolute, norm, expectedNorm } = difference(full, values, find(golden.expected, full), ignored);
    return {
      name: full,
      absolute,
      relative: norm / expectedNorm,
      tolerance: tensors[full] ?? common,
    };
  });
  return worst(checks);
}

/**
 * Elements of a vector whose gradient is zero but for rounding, so that Adam walks at random: a bias on all keys moves
 * all scores of a query alike, and softmax does not see it (make.py leaves out the same).
 */
function undetermined({ shape, data }: HostTensor): (index: number) => boolean {
  if (shape.length !== 1) return () => false;
  const threshold = 1e-6 * Math.max(...Array.from(data, Math.abs));
  return (index) => Math.abs(data[index]!) < threshold;
}
