/** Reads transformers' `config.json` field by field, with errors that name model type, field and value. */

/** Far beyond any published model. */
const mostLayers = 4096;

export class ConfigReader {
  constructor(
    private readonly family: string,
    private readonly json: Readonly<Record<string, unknown>>,
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

  /** A rotary setting: in transformers 5 under `rope_parameters`, before that at the top level under `field`. */
  rotary(key: 'rope_theta' | 'partial_rotary_factor', field: string, fallback: number): number {
    const group = this.json.rope_parameters ?? this.json.rope_scaling;
    const settings = (group ?? {}) as Record<string, unknown>;
    const type = settings.rope_type ?? settings.type ?? 'default';
    if (type !== 'default')
      throw this.error('rope type', type, 'default (scaled rotary embeddings are not supported)');
    const value = settings[key] ?? this.json[field] ?? fallback;
    if (typeof value !== 'number' || !Number.isFinite(value)) throw this.error(field, value, 'a number');
    return value;
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
      `${this.family} config: ${field} is not usable, got ${JSON.stringify(value)}, expected ${expected}`,
    );
  }
}
