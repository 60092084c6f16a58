/**
 * Rotary positions as a config can say them: base, fraction of the head, and the scalings that stretch a context. As
 * `transformers` 5 modeling_rope_utils, every number rounded to float32 where PyTorch rounds it.
 */
import { rotaryFrequencies, type Rotary } from '../ops/rotary-table.ts';
import type { ConfigReader } from './config-reader.ts';

/** `rope_type` with what it needs, in transformers' words; null in a config: positions as they are. */
export type RotaryScaling =
  | { readonly rope_type: 'linear'; readonly factor: number }
  | {
      readonly rope_type: 'llama3';
      readonly factor: number;
      readonly low_freq_factor: number;
      readonly high_freq_factor: number;
      readonly original_max_position_embeddings: number;
    };

export interface RotaryPositions {
  readonly rotaryBase: number;
  readonly rotaryScaling: RotaryScaling | null;
}

/** How heads are rotated of which the first `size` dimensions take part; of an odd size the last pair reaches past it. */
export function rotaryOf({ rotaryBase, rotaryScaling }: RotaryPositions, size: number): Rotary {
  const rotaryDimensions = 2 * Math.ceil(size / 2);
  if (rotaryScaling === null && size % 2 === 0) return { rotaryDimensions, rotaryBase };
  const plain = rotaryFrequencies(size, rotaryBase);
  return { rotaryDimensions, rotaryBase, rotaryFrequencies: scaled(plain, rotaryScaling) };
}

function scaled(frequencies: readonly number[], scaling: RotaryScaling | null): readonly number[] {
  if (scaling === null) return frequencies;
  const { factor } = scaling;
  if (scaling.rope_type === 'linear') return frequencies.map((frequency) => Math.fround(frequency / factor));
  const { low_freq_factor: low, high_freq_factor: high, original_max_position_embeddings: context } = scaling;
  return frequencies.map((frequency) => {
    const wavelength = (2 * Math.PI) / frequency;
    if (wavelength < context / high) return frequency;
    if (wavelength > context / low) return Math.fround(frequency / factor);
    const smooth = (context / wavelength - low) / (high - low);
    return Math.fround((1 - smooth) * (frequency / factor) + smooth * frequency);
  });
}

/** The fields of one config that say how positions rotate: new ones in one group, old ones at the top level. */
export class RotarySettings {
  readonly #config: ConfigReader;
  readonly #group: ConfigReader;

  constructor(config: ConfigReader) {
    this.#config = config;
    // Where both are there, transformers goes by the older one.
    const old = config.group('rope_scaling');
    this.#group = old.isEmpty ? config.group('rope_parameters') : old;
  }

  base(field: string): number {
    return this.#positive('rope_theta', field, 10_000);
  }

  /** Of the head, from 0 to 1. */
  fraction(field: string, fallback: number): number {
    const name = 'partial_rotary_factor';
    const value = this.#group.numberOrNull(name) ?? this.#config.number(field, fallback);
    if (!(value >= 0 && value <= 1)) throw this.#config.error(field, value, 'a fraction from 0 to 1');
    return value;
  }

  scaling(contextLength: number): RotaryScaling | null {
    const group = this.#group;
    const named = group.has('rope_type') ? 'rope_type' : 'type';
    const types = { default: 'default', linear: 'linear', llama3: 'llama3' } as const;
    const type = group.choice<keyof typeof types>(named, types, 'default');
    if (type === 'default') return null;
    const factor = group.number('factor');
    if (!(factor >= 1)) throw group.error('factor', factor, 'a number from 1 on');
    if (type === 'linear') return { rope_type: type, factor };
    const low = group.number('low_freq_factor');
    const high = group.number('high_freq_factor');
    if (!(low > 0 && high > low)) throw group.error('high_freq_factor', high, `a number above ${low}`);
    return {
      rope_type: type,
      factor,
      low_freq_factor: low,
      high_freq_factor: high,
      original_max_position_embeddings: group.integer('original_max_position_embeddings', contextLength),
    };
  }

  #positive(key: string, field: string, fallback: number): number {
    const value = this.#group.numberOrNull(key) ?? this.#config.number(field, fallback);
    if (!(value > 0)) throw this.#config.error(field, value, 'a positive number');
    return value;
  }
}

/** The same in a config.json: at the top level as every version of transformers reads it, scaling in its group. */
export function rotaryToHuggingFace({ rotaryBase, rotaryScaling }: RotaryPositions): Record<string, unknown> {
  return { rope_theta: rotaryBase, rope_scaling: rotaryScaling };
}
