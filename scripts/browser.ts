/** The system's Chromium-type browser: where it is, and how to start it so that WebGPU works with or without a GPU. */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { delimiter } from 'node:path';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];
const fixedPlaces = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
];

/** Path of an installed Chrome, Chromium or Edge (`AMURO_BROWSER` first), or undefined. */
export function findBrowser(): string | undefined {
  const fromEnvironment = process.env.AMURO_BROWSER;
  if (fromEnvironment) return fromEnvironment;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...fixedPlaces].find((path) => existsSync(path));
}

/** A GPU node that a Vulkan driver could use; without one the browser's own software adapter is asked for. */
function hasGpu(): boolean {
  if (process.platform !== 'linux') return true;
  return existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD'));
}

export const browserArguments: readonly string[] & string[] = [
  '--enable-unsafe-webgpu',
  ...(hasGpu() ? ['--enable-features=Vulkan'] : ['--use-webgpu-adapter=swiftshader']),
  // Containers run as root and have a small /dev/shm; background networking only adds noise to a test.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Vulkan drivers to try in Node, best first: the machine's own setting, a real GPU's (none named: the loader finds
 * it), a recent lavapipe, and the SwiftShader that lies beside the Chromium binary.
 */
export function findSoftwareDriver(): string | undefined {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES || hasGpu()) return undefined;
  const places = ['/usr/lib/chromium', '/usr/lib64/chromium-browser', '/usr/lib/chromium-browser'];
  const browser = findBrowser();
  if (browser) places.push(dirname(browser));
  return places.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path));
}
