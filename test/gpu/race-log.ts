/** Instruments a kernel's source: every access to workgroup memory is logged, by plain stores that order nothing. */
export const barrier = 'workgroupBarrier();';
/** Accesses that one invocation can log. */
export const capacity = 4096;
/** A logged access is one word: 1 · array (3 bits) · epoch (13) · writes (1) · element (14). */
export const elementBits = 14;
export const epochBits = 13;

/** Invocations of a workgroup, from plain constants. */
export function workgroupSize(source: string): number {
  const [, sizes] = /@workgroup_size\(([^)]*)\)/.exec(source)!;
  const valueOf = (name: string): number => {
    const term = name.trim();
    if (/^\d+u?$/.test(term)) return parseInt(term);
    const declared = new RegExp(`^const ${term}\\s*(?::\\s*u32)?\\s*=\\s*(\\d+)u;`, 'm').exec(source)?.[1];
    if (!declared) throw new Error(`race detector: workgroup size ${term} is not a plain constant`);
    return Number(declared);
  };
  return sizes!.split(',').reduce((product, size) => product * valueOf(size), 1);
}

/** The source with every access to workgroup memory logged. Throws on an access in a form it does not know. */
export function instrument(
  source: string,
  [x, y]: readonly [number, number],
): { source: string; arrays: string[] } {
  let code = source.replace(/\/\/[^\n]*/g, '');
  const arrays = [...code.matchAll(/var<workgroup>\s+(\w+)\s*:\s*array<.+>;/g)];
  for (const [index, [declaration, name]] of arrays.entries()) {
    code = logAccesses(code.replace(declaration, '@@'), name!, index);
    if (new RegExp(`\\b${name}\\b(?!\\[race_)`).test(code))
      throw new Error(`race detector: ${name} is used in another way than ${name}[…]`);
    code = code.replace('@@', declaration);
  }
  code = code.replaceAll(barrier, `${barrier} race_epoch += ${2 ** (elementBits + 1)}u;`);
  const numbers = [...code.matchAll(/@binding\((\d+)\)/g)].map(([, number]) => Number(number));
  const threads = workgroupSize(source);
  return {
    source: `${loggerSource(Math.max(-1, ...numbers) + 1)}\n${identify(code, [x, y], threads)}`,
    arrays: arrays.map(([, name]) => name!),
  };
}

/** `name[i]` becomes `name[race_access(…, i)]`, which logs and returns i. */
function logAccesses(code: string, name: string, index: number): string {
  const pattern = new RegExp(`\\b${name}\\[`, 'g');
  let result = '';
  let at = 0;
  for (let match = pattern.exec(code); match; match = pattern.exec(code)) {
    const start = match.index + match[0].length;
    const end = closingBracket(code, start);
    const assigned = /^\s*(\.\w+\s*)?([-+*/|&]?=)(?!=)/.test(code.slice(end + 1));
    const inner = code.slice(start, end);
    const tag = (8 + index) * 2 ** (elementBits + 1 + epochBits) + (assigned ? 2 ** elementBits : 0);
    result += `${code.slice(at, start)}race_access(${tag}u, ${inner})]`;
    at = end + 1;
  }
  return result + code.slice(at);
}

function closingBracket(code: string, start: number): number {
  let depth = 1;
  for (let at = start; at < code.length; at++) {
    if (code[at] === '[') depth++;
    if (code[at] === ']' && --depth === 0) return at;
  }
  throw new Error('race detector: a bracket is not closed');
}

/** Has `main` tell the logger which invocation of which workgroup it is. */
function identify(code: string, [x, y]: readonly [number, number], threads: number): string {
  const signature = /fn main\(([^{]*)\)\s*\{/.exec(code)!;
  const builtin = (name: string) => new RegExp(`@builtin\\(${name}\\)\\s*(\\w+)`).exec(signature[1]!)?.[1];
  const group = builtin('workgroup_id') ?? 'race_group';
  const local = builtin('local_invocation_index') ?? 'race_local';
  const added = [
    ...(group === 'race_group' ? ['@builtin(workgroup_id) race_group: vec3<u32>'] : []),
    ...(local === 'race_local' ? ['@builtin(local_invocation_index) race_local: u32'] : []),
  ];
  const parameters = [signature[1]!.trim().replace(/,$/, ''), ...added].join(', ');
  const invocation = `((${group}.z * ${y}u + ${group}.y) * ${x}u + ${group}.x) * ${threads}u + ${local}`;
  return code.replace(
    signature[0],
    `fn main(${parameters}) {\n  race_next = (${invocation}) * ${capacity}u;\n  race_end = race_next + ${capacity - 1}u;`,
  );
}

/** Plain stores only, each invocation in a part of its own: nothing here orders anything. */
function loggerSource(binding: number): string {
  return `@group(0) @binding(${binding}) var<storage, read_write> race_log: array<u32>;
var<private> race_epoch: u32;
var<private> race_next: u32;
var<private> race_end: u32;

fn race_access(tag: u32, element: u32) -> u32 {
  race_log[race_next] = tag + race_epoch + element;
  race_next = min(race_next + 1u, race_end);
  return element;
}
`;
}
