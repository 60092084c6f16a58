/** What has the keyboard in a page of nested shadow roots, and how to get there by keys. */
import type { Frame, Page } from 'playwright';

/** Name of the focused element, as a person hears it: its label, else its text. */
export function activeElement(frame: Frame): Promise<string> {
  return frame.evaluate(() => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return (active?.getAttribute('aria-label') ?? active?.textContent ?? '').trim();
  });
}

/** Place of the cell that is selected in command mode, counted from 1; null when something in it has the keyboard. */
export async function focusedCell(frame: Frame): Promise<number | null> {
  const place = /^Cell (\d+),/.exec(await activeElement(frame))?.[1];
  return place === undefined ? null : Number(place);
}

/** What every cell's editor or text says. */
export function cellTexts(frame: Frame): Promise<string[]> {
  return frame.evaluate(() => {
    const notebook = document.querySelector('amuro-notebook');
    const cells = notebook?.shadowRoot?.querySelectorAll('amuro-cell') ?? [];
    return [...cells].map(({ cell }) => cell.source);
  });
}

/** Presses a key until it is so. @throws Error when it is not after 60 presses. */
export async function pressUntil(page: Page, key: string, isSo: () => Promise<boolean>): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if (await isSo()) return;
    await page.keyboard.press(key);
  }
  throw new Error(`keyboard: ${key} pressed 60 times did not lead there, expected fewer to do`);
}
