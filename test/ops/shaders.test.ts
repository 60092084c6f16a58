/** Every file in shaders/ is valid WGSL as it stands and belongs to an operation, or to a measurement. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/device.ts';

const shaderFolder = new URL('../../shaders/', import.meta.url);
const shaderFiles = readdirSync(shaderFolder).sort();
const sources = ['ops', 'performance'].flatMap((name) => {
  const folder = new URL(`../../src/${name}/`, import.meta.url);
  return readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
});

describe.each(shaderFiles)('shaders/%s', (file) => {
  const source = readFileSync(new URL(file, shaderFolder), 'utf8');

  it('compiles as it stands', async ({ skip }) => {
    const { device } = await testGpu();
    const needed = /^enable (\w+);/m.exec(source)?.[1];
    skip(needed === 'subgroups' && !device.features.has('subgroups'), 'this device has no subgroups');
    const { messages } = await device.createShaderModule({ code: source }).getCompilationInfo();
    expect(messages.map(({ lineNum, message }) => `${lineNum}: ${message}`)).toEqual([]);
  });

  it('is imported by one file, under its own name', () => {
    const importing = sources.filter((text) => text.includes(`'../../shaders/${file}?raw'`));
    expect(importing).toHaveLength(1);
    expect(importing[0]).toContain(`defineShader('${file.replace('.wgsl', '')}'`);
  });

  it('says in its first line what it computes', () => {
    expect(source).toMatch(/^\/\/ \S/);
  });
});
