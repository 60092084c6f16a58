/**
 * A WGSL file as host code sees it: its named bindings and its `Params` uniform, read from the source itself, and its
 * variants, made by substituting the values of top-level `const` and `alias` declarations. Every file in `shaders/`
 * is valid as it stands and keeps to three habits: one compute entry point named `main`, all bindings in group 0,
 * and scalar parameters in `struct Params` bound as `var<uniform> params: Params`.
 */

export type BindingAccess = 'read' | 'read_write' | 'uniform';

export interface ShaderBinding {
  readonly name: string;
  readonly binding: number;
  readonly access: BindingAccess;
}

export type ScalarType = 'u32' | 'i32' | 'f32';

export interface ParamsField {
  readonly name: string;
  readonly type: ScalarType;
}

export interface Shader {
  readonly name: string;
  readonly source: string;
  readonly bindings: readonly ShaderBinding[];
  /** Fields of `struct Params`, four bytes each, in order; empty when the shader has none. */
  readonly params: readonly ParamsField[];
}

/** Values for a shader's top-level `const NAME: type = …;` and `alias NAME = …;` declarations. */
export interface Variant {
  readonly constants?: Readonly<Record<string, number | boolean>>;
  readonly aliases?: Readonly<Record<string, string>>;
}

const bindingPattern =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<(storage|uniform)(?:,\s*(read|read_write))?>\s*(\w+)\s*:/g;

/** Reads the bindings and params of one `.wgsl` source. Throws if it breaks the habits above. */
export function defineShader(name: string, source: string): Shader {
  const bindings = [...source.matchAll(bindingPattern)].map((match): ShaderBinding => ({
    name: match[4]!,
    binding: Number(match[1]),
    access: match[2] === 'uniform' ? 'uniform' : ((match[3] ?? 'read') as BindingAccess),
  }));
  if (bindings.length === 0) throw new Error(`shader ${name}: no bindings found in group 0`);
  if (!/@compute[^{]*fn main\b/.test(source))
    throw new Error(`shader ${name}: no compute entry point named main`);
  return { name, source, bindings, params: readParams(name, source) };
}

function readParams(name: string, source: string): ParamsField[] {
  const struct = /struct Params\s*\{([^}]*)\}/.exec(source);
  if (!struct) return [];
  const body = struct[1]!.replace(/\/\/[^\n]*/g, '');
  return body
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field.length > 0)
    .map((field) => {
      const match = /^(\w+)\s*:\s*(u32|i32|f32)$/.exec(field);
      if (!match) throw new Error(`shader ${name}: field "${field}" of Params, expected a u32, i32 or f32`);
      return { name: match[1]!, type: match[2] as ScalarType };
    });
}

/** The source with a variant's values in its declarations. Throws on a name the source does not declare. */
export function specialize(shader: Shader, variant: Variant): string {
  let source = shader.source;
  const substitute = (pattern: RegExp, replacement: string, what: string) => {
    if (!pattern.test(source)) throw new Error(`shader ${shader.name}: declares no ${what}`);
    source = source.replace(pattern, replacement);
  };
  for (const [name, value] of Object.entries(variant.constants ?? {})) {
    const pattern = new RegExp(`^(const ${name}\\s*:\\s*(u32|i32|f32|bool)\\s*=)[^;]*;`, 'm');
    const type = pattern.exec(source)?.[2] ?? 'u32';
    substitute(pattern, `$1 ${literal(value, type)};`, `const ${name}`);
  }
  for (const [name, type] of Object.entries(variant.aliases ?? {})) {
    substitute(new RegExp(`^(alias ${name}\\s*=)[^;]*;`, 'm'), `$1 ${type};`, `alias ${name}`);
  }
  return source;
}

function literal(value: number | boolean, type: string): string {
  if (type === 'bool') return String(Boolean(value));
  if (type === 'f32') return `f32(${Number(value)})`;
  return `${Number(value)}${type === 'i32' ? 'i' : 'u'}`;
}

/** Packs params values into the bytes of the uniform. Throws on a missing or unknown field. */
export function packParams(shader: Shader, values: Readonly<Record<string, number>>): ArrayBuffer {
  const buffer = new ArrayBuffer(Math.max(16, Math.ceil(shader.params.length / 4) * 16));
  const view = new DataView(buffer);
  const known = new Set(shader.params.map((field) => field.name));
  for (const name of Object.keys(values)) {
    if (!known.has(name)) throw new Error(`shader ${shader.name}: Params has no field ${name}`);
  }
  shader.params.forEach((field, index) => {
    const value = values[field.name];
    if (value === undefined) throw new Error(`shader ${shader.name}: no value for Params.${field.name}`);
    if (field.type === 'f32') view.setFloat32(index * 4, value, true);
    else if (field.type === 'i32') view.setInt32(index * 4, value, true);
    else view.setUint32(index * 4, value, true);
  });
  return buffer;
}
