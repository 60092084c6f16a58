/** Where the engine stands, and what a person whose browser gives no GPU can do about it. */
import type { EngineEvent, EngineInfo } from '../worker/protocol.ts';

export type EngineStatus =
  | { readonly state: 'starting' }
  | { readonly state: 'ready'; readonly info: EngineInfo }
  /** The GPU device went away; the engine is asking for another. */
  | { readonly state: 'lost'; readonly message: string }
  | { readonly state: 'recovered'; readonly message: string; readonly info: EngineInfo | null }
  | { readonly state: 'unavailable'; readonly message: string }
  /** The worker itself died. */
  | { readonly state: 'stopped'; readonly message: string };

/** The status after a device event. */
export function afterDeviceEvent(
  before: EngineStatus,
  event: EngineEvent & { readonly type: 'device' },
): EngineStatus {
  const info = before.state === 'ready' || before.state === 'recovered' ? before.info : null;
  switch (event.state) {
    case 'ready':
      return info ? { state: 'ready', info } : before;
    case 'lost':
      return { state: 'lost', message: event.message };
    case 'recovered':
      return { state: 'recovered', message: event.message, info };
    case 'unavailable':
      return { state: 'unavailable', message: event.message };
  }
}

/** What tells browsers apart for advice. */
export interface BrowserFacts {
  readonly userAgent: string;
  readonly secureContext: boolean;
  readonly hasWebGpu: boolean;
}

/** Steps to a usable GPU, most likely first. Pages cannot link to browser settings, so addresses are to be typed. */
export function webGpuAdvice({ userAgent, secureContext, hasWebGpu }: BrowserFacts): readonly string[] {
  if (!secureContext)
    return [
      'Open this page by https:// or from http://localhost: browsers give WebGPU only to secure pages.',
    ];
  const newest = 'Use Chrome or Edge 121 or newer, Safari 26 or newer, or Firefox 141 or newer.';
  if (/Firefox\//.test(userAgent))
    return hasWebGpu
      ? ['Update the graphics driver, then restart Firefox.', newest]
      : [
          'Type about:config into the address bar and set dom.webgpu.enabled to true, then restart Firefox.',
          newest,
        ];
  if (/Chrome\/|Edg\//.test(userAgent)) return chromeAdvice(userAgent, newest);
  if (/Safari\//.test(userAgent)) return ['Update to Safari 26 or newer (macOS 26, iOS 26).', newest];
  return [newest];
}

function chromeAdvice(userAgent: string, newest: string): readonly string[] {
  const settings =
    'In the browser settings, turn on "Use graphics acceleration when available", then restart it.';
  const report = 'Type chrome://gpu into the address bar: the line "WebGPU" says why it is off.';
  if (/Linux(?!.*Android)/.test(userAgent) && !/Android/.test(userAgent))
    return [
      'Type chrome://flags/#enable-unsafe-webgpu and chrome://flags/#enable-vulkan into the address bar, enable both, restart the browser.',
      settings,
      report,
    ];
  return [settings, report, newest];
}
