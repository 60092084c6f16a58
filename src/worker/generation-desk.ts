/** Generations under way: each takes its turn at the GPU, reports itself, and can be stopped at any time. */
import { visitGpu } from '../experiments/gpu-visit.ts';
import type { ExperimentStore } from '../experiments/experiment-store.ts';
import type { Resources } from '../experiments/resources.ts';
import type { Turn } from '../experiments/turn.ts';
import type { Gpu } from '../gpu/device.ts';
import { generateTexts } from './generate-texts.ts';
import type { GenerateRequest, GeneratedToken, Generation, GenerationEvent } from './generation.ts';

export interface DeskSurroundings {
  readonly store: ExperimentStore;
  readonly resources: Resources;
  readonly turn: Turn;
  readonly gpu: () => Promise<Gpu>;
  readonly emit: (event: GenerationEvent) => void;
}

/** No more reports a second than a reader's eye can use. */
const SHORTEST_INTERVAL_MS = 50;

export class GenerationDesk {
  private readonly underway = new Map<string, AbortController>();

  constructor(private readonly surroundings: DeskSurroundings) {}

  /** @throws AbortError when it was stopped */
  async generate(request: GenerateRequest): Promise<Generation> {
    const { id } = request;
    if (this.underway.has(id))
      throw new RangeError(`models.generate: a generation named ${id} is under way, expected another id`);
    const abort = new AbortController();
    this.underway.set(id, abort);
    try {
      return await this.work(request, abort.signal);
    } finally {
      this.underway.delete(id);
    }
  }

  stop(id: string): void {
    this.underway.get(id)?.abort(new DOMException('generate: stopped by the person', 'AbortError'));
  }

  private work(request: GenerateRequest, signal: AbortSignal): Promise<Generation> {
    const { store, resources, turn, gpu, emit } = this.surroundings;
    const { id } = request;
    const report = (state: GenerationEvent['state'], tokens: GenerationEvent['tokens'] = []): void =>
      emit({ type: 'generation', id, state, tokens });
    report('waiting');
    return visitGpu(turn, gpu, signal, (device) => {
      report('loading');
      const collect = new TokenReports((tokens) => report('writing', tokens));
      return generateTexts(request, { gpu: device, store, resources, signal, onToken: collect.add }).finally(
        collect.flush,
      );
    });
  }
}

/** Gathers tokens, so that a fast model does not send a message for each. */
class TokenReports {
  private waiting: (readonly [number, GeneratedToken])[] = [];
  private last = 0;

  constructor(private readonly send: (tokens: readonly (readonly [number, GeneratedToken])[]) => void) {}

  readonly add = (text: number, token: GeneratedToken): void => {
    this.waiting.push([text, token]);
    if (performance.now() - this.last >= SHORTEST_INTERVAL_MS) this.flush();
  };

  readonly flush = (): void => {
    if (this.waiting.length > 0) this.send(this.waiting);
    this.waiting = [];
    this.last = performance.now();
  };
}
