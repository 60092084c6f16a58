/** PNG export in a real browser: the size, and that something is drawn. */
import { expect, it } from 'vitest';
import { performanceByStep, toPng, toSvg } from '../../src/figures/index.ts';
import { studyRows } from '../figures/rows.ts';

it('exports a figure as a PNG at twice its size', async () => {
  const drawing = performanceByStep(studyRows(), { document }).plot();
  const blob = await toPng(toSvg(drawing, { background: '#ffffff' }));
  expect(blob.type).toBe('image/png');
  const image = await createImageBitmap(blob);
  expect([image.width, image.height]).toEqual([2 * 720, 2 * Number(drawing.getAttribute('height'))]);

  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d')!;
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  const colors = new Set<string>();
  for (let at = 0; at < data.length; at += 4) colors.add(`${data[at]},${data[at + 1]},${data[at + 2]}`);
  // White page, ink, and the hues of both tasks.
  expect([...colors]).toEqual(expect.arrayContaining(['255,255,255', '32,128,192', '0,158,115']));
});

it('draws in an exported SVG what stands on the page', async () => {
  const drawing = performanceByStep(studyRows(), { document }).plot();
  document.body.append(drawing);
  const copy = new DOMParser().parseFromString(toSvg(drawing), 'image/svg+xml').documentElement;
  expect(copy.namespaceURI).toBe('http://www.w3.org/2000/svg');
  expect(copy.querySelectorAll('circle')).toHaveLength(drawing.querySelectorAll('circle').length);
  expect(copy.querySelectorAll('text')).toHaveLength(drawing.querySelectorAll('text').length);
  drawing.remove();
  await expect(toPng('<svg')).rejects.toThrow();
});
