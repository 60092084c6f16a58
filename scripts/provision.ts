/**
 * What running needs from the machine beyond Node: a Chromium-type browser, and for Dawn in Node the Vulkan loader.
 * What is missing is installed by the system's package manager where that needs no password.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findBrowser } from './browser.ts';

interface PackageManager {
  readonly command: string;
  readonly refresh?: readonly string[];
  readonly install: readonly string[];
  readonly asRoot: boolean;
  readonly browser: readonly string[];
  readonly vulkan: readonly string[];
}

/** The first whose command exists is used. Fonts: without any, headless pages have no text. */
const packageManagers: readonly PackageManager[] = [
  {
    command: 'apt-get',
    refresh: ['-q', '-o', 'DPkg::Lock::Timeout=300', 'update'],
    install: ['-q', '-y', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', 'install'],
    asRoot: true,
    browser: ['chromium', 'fonts-liberation', 'libvulkan1'],
    vulkan: ['libvulkan1'],
  },
  {
    command: 'dnf',
    install: ['-q', '-y', 'install'],
    asRoot: true,
    browser: ['chromium', 'liberation-fonts', 'vulkan-loader'],
    vulkan: ['vulkan-loader'],
  },
  {
    command: 'zypper',
    install: ['--quiet', '--non-interactive', 'install'],
    asRoot: true,
    browser: ['chromium', 'liberation-fonts', 'libvulkan1'],
    vulkan: ['libvulkan1'],
  },
  {
    command: 'pacman',
    install: ['-S', '--quiet', '--noconfirm', '--needed'],
    asRoot: true,
    browser: ['chromium', 'ttf-liberation', 'vulkan-icd-loader'],
    vulkan: ['vulkan-icd-loader'],
  },
  {
    command: 'brew',
    install: ['install', '--quiet', '--cask'],
    asRoot: false,
    browser: ['google-chrome'],
    vulkan: [],
  },
];

/** What is missing and could not be installed; the message is one line that says what to do. */
export class ProvisionError extends Error {
  override readonly name = 'ProvisionError';
}

/** Path of a browser that starts. Installs one if there is none. Throws ProvisionError. */
export function provisionBrowser(): string {
  const found = findBrowser();
  if (found && starts(found)) return found;
  const problem = found ? `the browser at ${found} does not start` : 'no Chrome, Chromium or Edge found';
  const trouble = install('browser', problem);
  const installed = findBrowser();
  if (installed && starts(installed)) return installed;
  throw new ProvisionError(
    `${problem}${trouble}: install Google Chrome, Chromium or Microsoft Edge, or set AMURO_BROWSER to a binary's path.`,
  );
}

/** Sees to it that Dawn in Node finds a Vulkan loader (Linux; elsewhere the system brings its own API). */
export function provisionVulkan(): void {
  if (process.platform !== 'linux' || hasVulkanLoader()) return;
  const trouble = install('vulkan', 'no Vulkan loader found');
  if (!hasVulkanLoader())
    throw new ProvisionError(`no Vulkan loader (libvulkan.so.1)${trouble}: install libvulkan1.`);
}

function hasVulkanLoader(): boolean {
  const known = ['/usr/lib64', '/usr/lib', '/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];
  const listed = spawnSync('ldconfig', ['-p'], { encoding: 'utf8' }).stdout ?? '';
  return listed.includes('libvulkan.so.1') || known.some((folder) => existsSync(`${folder}/libvulkan.so.1`));
}

/** Ubuntu's `chromium-browser` is a script that only asks for snap: a file on the path need not be a browser. */
function starts(browser: string): boolean {
  // On Windows `--version` opens a window instead.
  if (process.platform === 'win32') return existsSync(browser);
  return spawnSync(browser, ['--version'], { stdio: 'ignore', timeout: 60_000 }).status === 0;
}

/** Installs, and returns '' or, in brackets, why that was not possible. */
function install(what: 'browser' | 'vulkan', reason: string): string {
  const manager = packageManagers.find(({ command }) => succeeds(command, ['--version']));
  if (!manager) return ' and no known package manager';
  const isRoot = process.getuid?.() === 0;
  const needsSudo = manager.asRoot && !isRoot;
  if (needsSudo && !succeeds('sudo', ['-n', 'true'])) return ' and no right to install one';
  const packages = manager[what];
  console.log(`${reason}; installing ${packages.join(', ')} by ${manager.command} …`);
  const prefix = needsSudo ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive'] : [];
  const call = (parameters: readonly string[]) => {
    const [command, ...rest] = [...prefix, manager.command, ...parameters];
    return succeeds(command!, rest, true);
  };
  if (manager.refresh) call(manager.refresh);
  return call([...manager.install, ...packages]) ? '' : ` and ${manager.command} could not install one`;
}

function succeeds(command: string, parameters: readonly string[], show = false): boolean {
  const { status } = spawnSync(command, parameters, {
    stdio: ['ignore', show ? 'inherit' : 'ignore', show ? 'inherit' : 'ignore'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return status === 0;
}
