/** Generated texts in a real browser: tokens by keyboard, by pointer and to a screen reader, while they grow. */
import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import '../../src/ui/tokens.css';
import '../../src/ui/generated-texts.ts';
import { LiveGeneration } from '../../src/notebook/live-generation.ts';
import type { GeneratedToken } from '../../src/worker/generation.ts';

const token = (text: string, probability: number, rank: number): GeneratedToken => ({
  id: 0,
  piece: text || '<0xC3>',
  text,
  logProbability: Math.log(probability),
  entropy: 1.5,
  rank,
  drawn: 1,
  alternatives: [
    { piece: ' sea', logProbability: Math.log(0.5) },
    { piece: ' whale', logProbability: Math.log(0.25) },
  ],
});
const tokens = [token(' sea', 0.5, 1), token('', 0.9, 1), token('é', 0.00001, 7), token(' whale', 0.25, 2)];
const checkpoints = [0, 64, 128].map((step) => ({ run: 'r', step }));

async function show(): Promise<{ host: HTMLElement; live: LiveGeneration; text: HTMLElement }> {
  const live = new LiveGeneration(checkpoints, ['The'], 1);
  live.finish(0, {
    texts: [{ prompt: 0, sample: 0, text: ' seaé whale', tokens, end: 'stop' }],
    leftOut: [3],
    newTokens: 8,
    contextLength: 16,
  });
  const host = Object.assign(document.createElement('generated-texts'), { live });
  document.body.append(host);
  await host.updateComplete;
  const text = host.shadowRoot!.querySelector('generated-text')!;
  await text.updateComplete;
  return { host, live, text };
}
const within = <E extends HTMLElement>(element: HTMLElement, selector: string): E | null =>
  element.shadowRoot!.querySelector<E>(selector);
const words = (element: HTMLElement): string => element.shadowRoot!.textContent.replace(/\s+/g, ' ');
async function press(text: HTMLElement, key: string): Promise<HTMLElement | null> {
  const list = within(text, '[role=listbox]')!;
  list.focus();
  list.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, composed: true, cancelable: true }));
  await (text as HTMLElement & { updateComplete: Promise<unknown> }).updateComplete;
  return within(text, 'token-card');
}

afterEach(() => document.body.replaceChildren());

describe('<generated-texts>', () => {
  it('tells of a token by arrow keys, and lets go by Escape', async () => {
    const { text } = await show();
    expect(within(text, 'token-card')).toBeNull();
    let card = await press(text, 'ArrowRight');
    expect(card!.matches(':popover-open')).toBe(true);
    expect(words(card!)).toMatch(/␣sea token 1 probability 50.0 %.*rank 1entropy here 1.5 nats/);
    card = await press(text, 'End');
    expect(words(card!)).toMatch(/token 4 .*␣whale ✓ 25.0 %/);
    expect(within(text, '[role=listbox]')!.getAttribute('aria-activedescendant')).toBe('token-3');
    card = await press(text, 'ArrowLeft');
    expect(words(card!)).toContain('< 0.01 %');
    expect(await press(text, 'Escape')).toBeNull();
  });

  it('tells of a token that is pointed at or tapped, and of none when the pointer goes', async () => {
    const { text } = await show();
    const options = [...text.shadowRoot!.querySelectorAll<HTMLElement>('[role=option]')];
    options[3]!.click();
    await expect.poll(() => within(text, 'token-card')).not.toBeNull();
    within(text, '.text')!.dispatchEvent(new PointerEvent('pointerleave'));
    await expect.poll(() => within(text, 'token-card')).toBeNull();
    expect(options.map((option) => option.textContent)).toEqual([' sea', '<0xC3>', 'é', ' whale']);
  });

  it('says what each checkpoint is doing, grows, and says what was left out', async () => {
    const { host, live } = await show();
    const report = (state: 'waiting' | 'writing', reported: GeneratedToken[]) =>
      live.report(1, { type: 'generation', id: '', state, tokens: reported.map((each) => [0, each]) });
    expect(words(host)).toContain('The first 3 tokens of the prompt were left out');
    expect(words(host)).toMatch(/4 tokens, ended before a stop string/);
    report('waiting', []);
    await expect.poll(() => words(host)).toContain('waits for the GPU');
    report('writing', [tokens[0]!]);
    report('writing', [tokens[3]!]);
    await expect.poll(() => words(host)).toContain('writes: 2 tokens');
    expect(words(host)).toContain('waits for the checkpoint before it');
  });

  it.each(['light', 'dark'])(
    'has nothing that axe-core finds serious, %s, with a card open',
    async (theme) => {
      document.documentElement.dataset['theme'] = theme;
      const { live, text } = await show();
      live.report(1, { type: 'generation', id: '', state: 'loading', tokens: [] });
      await press(text, 'ArrowRight');
      const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
      delete document.documentElement.dataset['theme'];
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('; ')}`)).toEqual(
        [],
      );
    },
  );
});
