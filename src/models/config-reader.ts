/** Reads transformers' `config.json` field by field, with errors that name model type, field and value. */

/** Fields that would change the forward, or training, and the values at which they do not. */
const foreign: Readonly<Record<string, readonly unknown[]>> = {
  ...Object.fromEntries(
    ['attention_dropout', 'hidden_dropout', 'resid_pdrop', 'embd_pdrop', 'attn_pdrop'].map((field) => [
      field,
      [0],
    ]),
  ),
  ...Object.fromEntries(
    ['embedding_multiplier', 'residual_multiplier', 'logits_scaling', 'logit_scale'].map((field) => [
      field,
      [1],
    ]),
  ),
  ...Object.fromEntries(
    ['add_cross_attention', 'rope_interleaved', 'use_sliding_window', 'alibi'].map((field) => [
      field,
      [false],
    ]),
  ),
  quantization_config: [],
  pruned_heads: [],
  sliding_window: [],
  no_rope_layers: [],
  num_local_experts: [0],
  num_experts: [0],
  final_logit_softcapping: [],
  attn_logit_softcapping: [],
  attention_multiplier: [],
  query_pre_attn_scalar: [],
};

/** Far beyond any published model. */
const mostLayers = 4096;

export class ConfigReader {
  constructor(
    private readonly family: string,
    private readonly json: Readonly<Record<string, unknown>>,
    /** Where `json` lies in the whole config, for errors. */
    private readonly path = '',
  ) {}

  integer(field: string, fallback?: number): number {
    const value = this.number(field, fallback);
    if (!Number.isInteger(value) || value <= 0) throw this.error(field, value, 'a positive whole number');
    return value;
  }

  /** A number of layers: bounded, since parameters are listed layer by layer before any size is compared. */
  layers(field: string): number {
    const value = this.integer(field);
    if (value > mostLayers) throw this.error(field, value, `at most ${mostLayers} layers`);
    return value;
  }

  number(field: string, fallback?: number): number {
    const value = this.json[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.error(field, value, 'a number');
    return value;
  }

  /** Whether the field is there, be it as null. */
  has(field: string): boolean {
    return Object.hasOwn(this.json, field);
  }

  /** A number, or null where the field is absent or null. */
  numberOrNull(field: string): number | null {
    return (this.json[field] ?? null) === null ? null : this.number(field);
  }

  boolean(field: string, fallback: boolean): boolean {
    const value = this.json[field] ?? fallback;
    if (typeof value !== 'boolean') throw this.error(field, value, 'true or false');
    return value;
  }

  /** A value that must be one of a table's keys; gives the table's value. */
  choice<T>(field: string, table: Readonly<Record<string, T>>, fallback: string): T {
    const value = this.json[field] ?? fallback;
    const chosen = typeof value === 'string' && Object.hasOwn(table, value) ? table[value] : undefined;
    if (chosen === undefined) throw this.error(field, value, `one of ${Object.keys(table).join(', ')}`);
    return chosen;
  }

  /** The settings of an inner object, `{}` where it is absent or null. @throws where it holds objects of its own */
  group(field: string): ConfigReader {
    const value = this.json[field] ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw this.error(field, value, 'an object');
    const group = new ConfigReader(this.family, value as Record<string, unknown>, `${this.path}${field}.`);
    for (const [key, inner] of Object.entries(value)) {
      // By layer type, as other families have them: every layer of ours is alike.
      if (typeof inner === 'object' && inner !== null) throw group.error(key, inner, 'a plain value');
    }
    return group;
  }

  get isEmpty(): boolean {
    return Object.keys(this.json).length === 0;
  }

  /** The ε of a norm. */
  epsilon(field: string, fallback: number): number {
    const value = this.number(field, fallback);
    if (!(value >= 0)) throw this.error(field, value, 'a number from 0 on');
    return value;
  }

  /**
   * Refuses what no family of ours computes: dropout (a trained model would differ), quantized weights, other heads, and
   * what kindred families' configs say that changes the forward. Keys that transformers' class does not read either are
   * no concern of ours.
   */
  refuseForeign(): void {
    const architectures = this.json.architectures ?? undefined;
    if (architectures !== undefined && !names(architectures).some((name) => /CausalLM|LMHead/i.test(name)))
      throw this.error('architectures', architectures, 'a …ForCausalLM');
    for (const field of Object.keys(this.json)) {
      const neutral = Object.hasOwn(foreign, field) ? foreign[field] : undefined;
      if (neutral) this.refuseUnless(field, [undefined, ...neutral]);
    }
  }

  /** Refuses a field whose value is not one of `accepted`; absent and null count as `undefined`. */
  refuseUnless(field: string, accepted: readonly unknown[]): void {
    const value = this.json[field] ?? undefined;
    if (!accepted.includes(value))
      throw this.error(field, value, `one of ${accepted.map(String).join(', ')}`);
  }

  /** What is wrong with a field, to be thrown. */
  error(field: string, value: unknown, expected: string): RangeError {
    return new RangeError(
      `${this.family} config: ${this.path}${field} is not usable, got ${shown(value)}, expected ${expected}`,
    );
  }
}

function names(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** A value in an error message, cut short. */
function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'undefined').slice(0, 80);
}
