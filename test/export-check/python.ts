/** Whether a Python interpreter can read exports back. */
import { spawnSync } from 'node:child_process';

const packages = ['torch', 'safetensors', 'transformers', 'yaml'];

/** The interpreter that tests use. */
export const testPython = process.env.AMURO_PYTHON ?? 'python3';

/** What is missing, with what to do about it in one line, or null. */
export function missingPython(python: string): string | null {
  // Looked for, not imported, which takes seconds.
  const code = `import importlib.util as u; print(*(n for n in ${JSON.stringify(packages)} if not u.find_spec(n)))`;
  const { error, stdout, stderr } = spawnSync(python, ['-c', code], { encoding: 'utf8' });
  const reason = error?.message ?? (stderr.trim() || stdout.trim());
  if (reason === '') return null;
  return (
    `${python} lacks what reads exports back (${reason}): pip install -r test/conformance/requirements.txt, ` +
    'and name the interpreter by --python or AMURO_PYTHON'
  );
}
