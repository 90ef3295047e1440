import type { Menu, MenuEntry } from '../../../src/boot/loader.ts';

/** An entry of a version. */
export function entryOf(version: string, more: Partial<MenuEntry> = {}): MenuEntry {
  const directory = `/migrate/versions/${version}`;
  const [kernel, initrds] = [`${directory}/linux`, [`${directory}/initrd`]];
  return { version, title: `Version ${version}`, kernel, initrds, commandLine: 'root=LABEL=ROOT', ...more };
}

/** v1 is good, v0 was before it, v2 is on trial. */
export const menu: Menu = {
  entries: [entryOf('v1'), entryOf('v0')],
  good: 'v1',
  trial: entryOf('v2'),
  recovery: [entryOf('v1', { title: 'Reset' })],
};
