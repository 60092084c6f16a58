/** What a notebook's code asks of the engine, checked and forwarded: only the frame's methods, only well-formed. */
import {
  requestSchemas,
  type Engine,
  type frameMethods,
  type Params,
  type Results,
} from '../worker/protocol.ts';
import type { PageMessage } from './frame-protocol.ts';

/** Requests that a frame may have under way; more are refused, so that a loop cannot flood the engine. */
const MAX_REQUESTS = 512;

type FrameMethod = (typeof frameMethods)[number];
type Reply = Extract<PageMessage, { type: 'reply' }>;

export class FrameRequests {
  #underWay = 0;
  readonly #started = new Set<string>();

  constructor(private readonly engine: Engine) {}

  /** Ids of the runs that the notebook has asked for since it was opened. */
  get startedRuns(): readonly string[] {
    return [...this.#started];
  }

  /** Another notebook is open now. */
  forgetRuns(): void {
    this.#started.clear();
  }

  /** The reply to a request; failures are replies too. */
  async serve(id: number, method: FrameMethod, params: unknown): Promise<Reply> {
    this.#underWay += 1;
    try {
      if (this.#underWay > MAX_REQUESTS) {
        throw new RangeError(
          `${method}: too many requests at once, expected at most ${MAX_REQUESTS}; await some of them`,
        );
      }
      const checked = requestSchemas[method].parse(params) as Params<FrameMethod>;
      const result = await this.engine.request(method, checked);
      if (method === 'runs.start') this.#started.add((result as Results['runs.start']).id);
      return { type: 'reply', id, result };
    } catch (error) {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      return { type: 'reply', id, error: { name, message } };
    } finally {
      this.#underWay -= 1;
    }
  }
}
