import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePair, pairRow } from '../../src/evaluation/pair-encoding.ts';
import { answerRoom, buildPrompt } from '../../src/evaluation/prompt.ts';
import { IGNORED, trainingExample } from '../../src/evaluation/training-examples.ts';
import { completion, type TaskItem } from '../../src/tasks/task.ts';
import { toyTokenizer as tokenizer } from './toy-model.ts';
import { toyChoice, toyDocuments, toyGeneration } from './toy-task.ts';

const item = (text: string, answer = 'yes'): TaskItem => ({ id: 'i', text, choices: ['yes', 'no'], answer });
const long = item('one two three four five six seven eight nine ten');
const shots = toyChoice.trainItems(toyDocuments, { count: 3, seed: 0 });

describe('buildPrompt', () => {
  const build = (contextLength: number, some: readonly TaskItem[] = [], format = 'default'): string =>
    buildPrompt(toyChoice, long, 1, { format, tokenizer, contextLength, shots: some });

  it('leaves a prompt that fits as it is', () => {
    expect(build(200)).toBe(`Text: ${long.text}\nAnswer:`);
  });

  it('shortens the body by whole words, never the instruction', () => {
    expect(build(34)).toBe('Text: one two three four\nAnswer:');
    expect(tokenizer.encode(build(34)).length).toBeLessThanOrEqual(33);
  });

  it('shortens a body without spaces inside its word', () => {
    const prompt = buildPrompt(toyChoice, item('x'.repeat(500)), 1, {
      format: 'io',
      tokenizer,
      contextLength: 9,
    });
    expect(prompt).toBe('x'.repeat(8));
  });

  it('puts solved examples before the question', () => {
    const prompt = build(500, shots);
    expect(prompt).toContain('Text: train ab\nAnswer: yes\n\nText: train word word word zz\nAnswer: no\n\n');
    expect(prompt.endsWith(`Text: ${long.text}\nAnswer:`)).toBe(true);
  });

  it('gives shots their equal share of a small context', () => {
    const prompt = build(140, shots);
    expect(prompt.match(/Answer:/g)).toHaveLength(4);
    expect(tokenizer.encode(prompt).length).toBeLessThanOrEqual(139);
  });

  it('says so when the instruction alone does not fit', () => {
    expect(() => build(10)).toThrow(
      /toy-choice: the prompt does not fit .* raise contextLength or use fewer shots/,
    );
    expect(() => build(40, shots)).toThrow(RangeError);
  });

  it('fits any text into any context that holds the instruction', () => {
    const texts = fc.array(fc.constantFrom('ab', ' no', ' yes', '\n', ' ', 'é', '😀', ' the', 'b '), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(texts, fc.integer({ min: 20, max: 60 }), (pieces, contextLength) => {
        const prompt = buildPrompt(toyChoice, item(`x${pieces.join('')}`), 1, {
          format: 'default',
          tokenizer,
          contextLength,
        });
        expect(tokenizer.encode(prompt).length).toBeLessThan(contextLength);
        expect(prompt.startsWith('Text: ') && prompt.endsWith('\nAnswer:')).toBe(true);
      }),
      { seed: 11 },
    );
  });
});

describe('answerRoom', () => {
  it('is the longest choice, or what may be generated', () => {
    expect(answerRoom(toyChoice, { ...long, choices: ['no', 'maybe'] }, tokenizer)).toBe(6);
    expect(answerRoom(toyGeneration, { ...long, choices: [] }, tokenizer)).toBe(6);
  });
});

describe('trainingExample', () => {
  const options = { format: 'default', tokenizer, contextLength: 40 };

  it('learns the answer and the end of text, and nothing else', () => {
    const { tokens, targets } = trainingExample(toyChoice, item('a b'), options);
    const prompt = tokenizer.encode('Text: a b\nAnswer:');
    const yes = tokenizer.encode(' yes');
    expect([...tokens.slice(0, prompt.length + 1)]).toEqual([...prompt, ...yes]);
    expect([...tokens.slice(prompt.length + 1)].every((token) => token === tokenizer.endOfText)).toBe(true);
    const learned = [...targets].flatMap((target, at) => (target === IGNORED ? [] : [[at, target]]));
    expect(learned).toEqual([
      [prompt.length - 1, yes[0]],
      [prompt.length, tokenizer.endOfText],
    ]);
    expect([tokens.length, targets.length]).toEqual([40, 40]);
  });

  it.each([24, 33, 64])('trains the very tokens that evaluation scores, context %i', (contextLength) => {
    for (const text of ['ab', long.text, `${long.text} `.repeat(9)]) {
      for (const format of toyChoice.formats) {
        const each = item(text, 'no');
        const { tokens, targets } = trainingExample(toyChoice, each, { ...options, format, contextLength });
        const room = answerRoom(toyChoice, each, tokenizer);
        const prompt = buildPrompt(toyChoice, each, room, { format, tokenizer, contextLength });
        const row = pairRow(encodePair(tokenizer, prompt, completion('no')), contextLength);
        const used = row.tokens.length;
        expect([...tokens.slice(0, used)]).toEqual(row.tokens.slice(0, contextLength));
        expect([...targets.slice(used - 1 - row.scored, used - 1)]).toEqual(row.tokens.slice(-row.scored));
        expect(targets[used - 1]).toBe(tokenizer.endOfText);
        expect([...targets].filter((target) => target !== IGNORED)).toHaveLength(row.scored + 1);
      }
    }
  });

  it('fills the context to its last position', () => {
    const { targets } = trainingExample(toyChoice, item('x'.repeat(99)), {
      ...options,
      format: 'io',
      contextLength: 8,
    });
    expect([...targets.slice(-2)]).toEqual([tokenizer.encode(' yes')[0], tokenizer.endOfText]);
  });

  it('shortens the question further for an answer longer than may be generated', () => {
    const answer = 'a rather long answer';
    const { targets } = trainingExample(
      toyGeneration,
      { ...long, choices: [], answer },
      { ...options, contextLength: 50 },
    );
    const learned = [...targets].filter((target) => target !== IGNORED);
    expect(learned).toEqual([...tokenizer.encode(completion(answer)), tokenizer.endOfText]);
  });

  it('refuses an answer that does not fit beside its instruction', () => {
    const hopeless = { ...long, choices: [], answer: 'an answer that is longer than the context' };
    expect(() => trainingExample(toyGeneration, hopeless, options)).toThrow(
      /does not fit .* raise contextLength/,
    );
  });
});
