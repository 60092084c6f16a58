/** `profile` and `settings`: what the person chose for the whole notebook. */
import type { Builtin } from '../builtins.ts';

export const profile: Builtin<'quick' | 'full'> = {
  signature: 'profile',
  doc: '"quick" or "full": the notebook’s profile, for sizes such as `profile === "quick" ? 64 : 1024`. Cells that use it react when it changes.',
  fromSettings: true,
  bind: ({ settings }) => settings.profile,
};

export const settings: Builtin<Readonly<Record<string, string>>> = {
  signature: 'settings',
  doc: 'Values given from outside (`--set name=value`), as text: `Number(settings.steps ?? 256)`.',
  fromSettings: true,
  bind: (cell) => cell.settings.values,
};
