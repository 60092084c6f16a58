/** <performance-card> in a real browser: what it asks for, what it shows, by themes and to a screen reader. */
import axe from 'axe-core';
import { afterEach, describe, expect, it } from 'vitest';
import '../../src/ui/tokens.css';
import '../../src/ui/performance-card.ts';
import type { PerformanceCard } from '../../src/ui/performance-card.ts';
import { answerPerformance } from '../../src/ui/performance-request.ts';
import '../../src/ui/run-card.ts';
import type { Engine } from '../../src/worker/protocol.ts';
import { runPerformance, unmeasured } from '../ui/performance-fixtures.ts';
import { evaluateInput, pretrainInput, view } from '../ui/run-fixtures.ts';

/** An engine on the page's body that answers when told to. */
function holdEngine() {
  const asked: string[] = [];
  const answers: ((answer: typeof unmeasured | Error) => void)[] = [];
  const request = (method: string, { run }: { readonly run: string }) => {
    asked.push(`${method} ${run}`);
    return new Promise((resolve, reject) =>
      answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer))),
    );
  };
  const holder = document.body.appendChild(document.createElement('div'));
  holder.addEventListener('performance-request', (event) =>
    answerPerformance({ request } as unknown as Engine, event),
  );
  return { holder, asked, answers };
}
async function show(holder: HTMLElement, run = 'p'): Promise<PerformanceCard> {
  const card = Object.assign(document.createElement('performance-card'), { run });
  holder.append(card);
  await settled(card);
  return card;
}
/** After an answer has arrived: its promise, then the drawing. */
const settled = async (card: PerformanceCard): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve));
  await card.updateComplete;
};
const text = (card: PerformanceCard): string => card.shadowRoot!.textContent.replace(/[ \n]+/g, ' ');
const button = (card: PerformanceCard, name: string): HTMLButtonElement =>
  [...card.shadowRoot!.querySelectorAll('button')].find((each) => each.textContent.trim() === name)!;

afterEach(() => {
  document.body.replaceChildren();
  delete document.documentElement.dataset['theme'];
});

describe('<performance-card>', () => {
  it('asks what is kept when it appears, and measures only when Profile is pressed', async () => {
    const { holder, asked, answers } = holdEngine();
    const card = await show(holder);
    answers[0]!(unmeasured);
    await settled(card);
    expect(asked).toEqual(['runs.performance p']);
    expect(text(card)).toContain('What one training step costs on this adapter');
    button(card, 'Profile').click();
    await settled(card);
    expect(asked[1]).toBe('runs.profile p');
    expect([button(card, 'Profiling…').disabled, button(card, 'Tune').disabled]).toEqual([true, true]);
    answers[1]!(runPerformance);
    await settled(card);
    expect(button(card, 'Profile again').disabled).toBe(false);
    const tables = [...card.shadowRoot!.querySelectorAll('data-table')];
    expect(tables.map(({ label, rows }) => [label, rows.length])).toEqual([
      ['Kernels of one step', 3],
      ['GPU memory', 3],
      ['Kernel choices', 2],
    ]);
    expect(text(card)).toContain('11, 2');
    expect(
      card.shadowRoot!.querySelector('figure-card')!.shadowRoot!.querySelector('svg circle'),
    ).not.toBeNull();
  });

  it('says why a measurement failed, and can be asked again', async () => {
    const { holder, answers } = holdEngine();
    const card = await show(holder);
    answers[0]!(unmeasured);
    await settled(card);
    button(card, 'Tune').click();
    answers[1]!(new Error('performance: run p is not kept in this browser'));
    await settled(card);
    expect(card.shadowRoot!.querySelector('[role=alert]')!.textContent).toContain('is not kept');
    expect(button(card, 'Tune').disabled).toBe(false);
  });

  it('shows nothing of a run that it no longer stands for', async () => {
    const { holder, asked, answers } = holdEngine();
    const card = await show(holder);
    card.run = 'q';
    await settled(card);
    answers[0]!(runPerformance);
    await settled(card);
    expect(asked).toEqual(['runs.performance p', 'runs.performance q']);
    expect(card.shadowRoot!.querySelector('data-table')).toBeNull();
  });

  it('is part of a training run’s details, and of no evaluation’s', async () => {
    const { holder, asked } = holdEngine();
    for (const input of [pretrainInput, evaluateInput('p', 1)]) {
      const details = document.createElement('run-details');
      details.run = view('p', input);
      holder.append(details);
      await details.updateComplete;
    }
    await new Promise((resolve) => setTimeout(resolve));
    expect(asked).toEqual(['runs.performance p']);
  });

  it.each(['light', 'dark'])('has no serious accessibility finding, %s', async (theme) => {
    document.documentElement.dataset['theme'] = theme;
    document.title = 'Performance';
    document.documentElement.lang = 'en';
    const { holder, answers } = holdEngine();
    const card = await show(holder);
    answers[0]!(runPerformance);
    await settled(card);
    const { violations } = await axe.run(document.body, { rules: { region: { enabled: false } } });
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join('; ')}`)).toEqual([]);
  });
});
