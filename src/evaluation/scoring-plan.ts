/** The forward-only plan behind scoring: B sequences of T tokens, and M (row, target) questions about them. */
import type { Gpu } from '../gpu/device.ts';
import { Executable } from '../graph/executable.ts';
import { Graph } from '../graph/graph.ts';
import type { KernelChoices } from '../graph/lowering.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { VariableStore } from '../graph/variable-store.ts';
import { fullSequences } from '../models/attention-path.ts';
import type { BatchShape, ModelFamily } from '../models/family.ts';
import { declareParameters, type ParameterLayout } from '../models/parameter-layout.ts';
import { tokenRows } from '../models/projection.ts';
import { argmax } from '../ops/argmax.ts';
import { linear } from '../ops/linear.ts';
import { logProbabilities } from '../ops/log-probabilities.ts';
import { selectRows } from '../ops/select-rows.ts';

/** A model on the GPU: what every plan over its parameters needs. */
export interface LoadedModel<Config = unknown> {
  readonly gpu: Gpu;
  readonly family: ModelFamily<Config>;
  readonly config: Config;
  readonly layout: ParameterLayout;
  readonly store: VariableStore;
  readonly choices?: KernelChoices | undefined;
}

/** What is asked of one position: ln p of `target` after the token at `sequence`, `position`. */
export interface Question {
  readonly sequence: number;
  readonly position: number;
  readonly target: number;
}

export interface Answer {
  readonly logProbability: number;
  /** The most likely token there; the smallest id where several are equal. */
  readonly best: number;
}

/** Only the hidden states that are asked about meet the head: logits are (M, V), never (B·T, V). */
export class ScoringPlan {
  private constructor(
    private readonly executable: Executable,
    private readonly shape: BatchShape,
    private readonly capacity: number,
    private readonly outputs: { readonly scores: Tensor; readonly best: Tensor },
  ) {}

  static async compile<Config>(
    model: LoadedModel<Config>,
    shape: BatchShape,
    capacity: number,
  ): Promise<ScoringPlan> {
    const { gpu, family, config, layout, store, choices } = model;
    const graph = new Graph();
    const { views } = declareParameters(graph, layout);
    const tokens = graph.input('tokens', [shape.batch * shape.time], 'i32');
    const rows = graph.input('rows', [capacity], 'i32');
    const targets = graph.input('targets', [capacity], 'i32');
    const hidden = family.hidden(graph, views, tokens, fullSequences(shape), config); // (B·T, C)
    const logits = linear(
      graph,
      selectRows(graph, hidden, rows),
      tokenRows(views, family.headName(config)),
      null,
    ); // (M, V)
    const outputs = { scores: logProbabilities(graph, logits, targets), best: argmax(graph, logits) };
    const executable = await Executable.compile(gpu, graph, store, {
      outputs: Object.values(outputs),
      choices,
    });
    return new ScoringPlan(executable, shape, capacity, outputs);
  }

  /** Answers in the order of the questions. Sequences are right-padded: causality keeps the padding out of sight. */
  async ask(sequences: readonly (readonly number[])[], questions: readonly Question[]): Promise<Answer[]> {
    const { time } = this.shape;
    const tokens = new Int32Array(this.shape.batch * time);
    sequences.forEach((sequence, index) => tokens.set(sequence, index * time));
    const rows = new Int32Array(this.capacity);
    const targets = new Int32Array(this.capacity);
    questions.forEach(({ sequence, position, target }, index) => {
      rows[index] = sequence * time + position;
      targets[index] = target;
    });
    this.executable.run({ tokens, rows, targets });
    const [scores, best] = [
      await this.executable.read(this.outputs.scores),
      await this.executable.read(this.outputs.best),
    ];
    return questions.map((_, index) => ({ logProbability: scores[index * 2]!, best: best[index]! }));
  }

  destroy(): void {
    this.executable.destroy();
  }
}
