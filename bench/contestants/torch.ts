/** The same model in PyTorch, in a process of its own, where a Python with torch is on the path (or AMURO_PYTHON). */
import { spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { gptNeoX } from '../../src/models/gpt-neox.ts';
import script from '../peers/torch-gpt-neox.py?raw';
import { batchOf, weightsOf, type Work } from '../work.ts';
import { NotHereError, type Contestant, type Timed } from './contestant.ts';

interface Greeting {
  readonly name: string;
  readonly version: string;
}

interface Answer extends Timed {
  readonly bytes: number | null;
}

export async function startTorch(work: Work, compile: boolean): Promise<Contestant> {
  const child = spawn(findPython(), ['-c', script], { stdio: ['pipe', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async <T>(message: object): Promise<T> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await lines.next();
    if (line.done)
      throw new NotHereError(`torch: it ended early: ${errors.join('').trim().split('\n').at(-1)}`);
    return JSON.parse(line.value) as T;
  };
  child.stdin.on('error', () => undefined); // its end shows in `ask`
  const { name, version } = await ask<Greeting>(describeTask(work, compile));
  let bytes: number | null = null;
  const step = async (number: number): Promise<Timed> => {
    const { tokens, targets } = batchOf(work, number);
    const answer = await ask<Answer>({ tokens: [...tokens], targets: [...targets] });
    bytes = answer.bytes;
    return answer;
  };
  return {
    name: `torch ${version} ${compile ? 'compiled' : 'eager'} (${name})`,
    first: await step(1),
    step,
    peakBytes: () => bytes,
    // eslint-disable-next-line @typescript-eslint/require-await
    async dispose() {
      child.stdin.end();
    },
  };
}

function describeTask(work: Work, compile: boolean): object {
  const { config, options } = work;
  const specs = gptNeoX.parameters(config);
  const weights = weightsOf(work);
  const flat = Buffer.concat(
    specs.map((spec) => {
      const { buffer, byteOffset, byteLength } = weights.get(spec.name)!;
      return Buffer.from(buffer, byteOffset, byteLength);
    }),
  );
  const parameters = specs.map((spec) => ({ name: spec.name, shape: spec.shape, decay: spec.decay }));
  return {
    config,
    shape: options.shape,
    optimizer: options.optimizer,
    rate: options.schedule.peak,
    parameters,
    weights: flat.toString('base64'),
    compile,
    device: process.env.AMURO_TORCH_DEVICE ?? null,
  };
}

/** A Python that has torch. */
function findPython(): string {
  const candidates = process.env.AMURO_PYTHON ? [process.env.AMURO_PYTHON] : ['python3', 'python'];
  const found = candidates.find((python) => spawnSync(python, ['-c', 'import torch']).status === 0);
  if (found) return found;
  throw new NotHereError(
    `torch: no Python with PyTorch found as ${candidates.join(' or ')}. Name one in AMURO_PYTHON to compare with it.`,
  );
}
