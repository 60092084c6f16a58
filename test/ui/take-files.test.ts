// @vitest-environment jsdom
/** What becomes of a file that is picked or dropped: by its name, its content, and what it was picked for. */
import { expect, it } from 'vitest';
import { toIpynb } from '../../src/notebook/ipynb.ts';
import { toNotebook } from '../../src/notebook/notebook.ts';
import { fileEndings, takeFiles, type FilePurpose } from '../../src/ui/take-files.ts';
import type { Session } from '../../src/ui/session.ts';

const jupyter = toIpynb(toNotebook({ title: 'From Jupyter', cells: [{ kind: 'js', source: '1 + 1' }] }));
const withCode = '# Mixed\n\n```js\n1 + 1\n```\n';
const prose = '# Only text\n\nTo train on.\n';

/** The parts of a session that files reach; says what each file became. */
async function take(name: string, text: string, purpose: FilePurpose | null = null): Promise<string[]> {
  const became: string[] = [];
  const session = {
    readOnly: false,
    attempt: (work: () => Promise<unknown>) => work().catch((error: Error) => became.push(error.message)),
    shelf: {
      add: (source: string) => Promise.resolve(`notebook ${/<title>(.*)<\/title>/.exec(source)![1]}`),
    },
    openNotebook: (id: string) => Promise.resolve(became.push(id)),
    engine: {
      request: (_method: string, { name: file }: { name: string }) => {
        became.push(`data ${file}`);
        return Promise.resolve({ name: `file:${file}`, documents: 1 });
      },
    },
    control: { refreshStorage: () => Promise.resolve() },
    notices: { note: () => undefined },
  };
  const bytes = () => Promise.resolve(new TextEncoder().encode(text).buffer);
  const file = { name, size: text.length, text: () => Promise.resolve(text), arrayBuffer: bytes };
  await takeFiles(session as unknown as Session, [file as unknown as File], purpose);
  return became;
}

it.each([
  ['a.ipynb', jupyter, null, 'notebook From Jupyter'],
  ['a.ipynb', jupyter, 'notebook', 'notebook From Jupyter'],
  ['a.md', withCode, null, 'notebook Mixed'],
  ['a.md', prose, null, 'data a.md'],
  ['a.md', prose, 'notebook', 'notebook Only text'],
  ['a.md', withCode, 'data', 'data a.md'],
  ['a.txt', prose, null, 'data a.txt'],
] as const)('%s with %j, picked for %s, becomes %s', async (name, text, purpose, expected) => {
  expect(await take(name, text, purpose)).toEqual([expected]);
});

it.each([
  ['a.ipynb', '{', /^a\.ipynb: open \.ipynb: the file is not JSON/],
  ['a.html', '<p>no notebook', /^a\.html: open notebook: no <notebook> element/],
  ['a.csv', 'x,y', /^a\.csv: not a notebook by its name, expected one of \.html/],
] as const)('names %s with %j and what is wrong with it', async (name, text, expected) => {
  const [message] = await take(name, text, 'notebook');
  expect(message).toMatch(expected);
});

it('offers every form of notebook in the file picker', () => {
  expect(fileEndings.notebook).toBe('.html,.htm,.ipynb,.md,.markdown');
});
