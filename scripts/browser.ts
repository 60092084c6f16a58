/** The system's Chromium-type browser: where it is, and how to start it so that WebGPU works with or without a GPU. */
import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

// The last is only a stub that asks for snap on Ubuntu.
const names = ['chromium', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'chromium-browser'];
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
  if (existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('renderD')))
    return true;
  return readdirSync('/dev').some((name) => /^nvidia\d+$/.test(name)); // containers get no /dev/dri
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
 * The software Vulkan driver that Dawn in Node should be told of: the first of `softwareDrivers`. Undefined where the
 * machine has a GPU or names its own drivers in the environment.
 */
export function findSoftwareDriver(): string | undefined {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES || hasGpu()) return undefined;
  return softwareDrivers()[0];
}

/** The SwiftShader that lies beside the Chromium binary. The binary on the path is often a script or a link. */
export function softwareDrivers(): string[] {
  const places = [
    '/usr/lib/chromium',
    '/usr/lib64/chromium-browser',
    '/usr/lib/chromium-browser',
    '/opt/google/chrome',
  ];
  const browser = findBrowser();
  if (browser && existsSync(browser)) places.push(dirname(browser), dirname(realpathSync(browser)));
  return places.map((folder) => join(folder, 'vk_swiftshader_icd.json')).filter((path) => existsSync(path));
}
