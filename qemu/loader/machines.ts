import type { LoaderState, Menu, MenuEntry } from '../../src/boot/loader.ts';

/** Where the loader's directory of the machines is. */
export const path = '/migrate';

/** An entry of a version; its command line says which it is. */
export function entryOf(version: string, more: Partial<MenuEntry> = {}, top = path): MenuEntry {
  const directory = `${top}/versions/${version}`;
  return {
    version,
    title: `Version ${version}`,
    kernel: `${directory}/linux`,
    initrds: [`${directory}/initrd`, `${directory}/second`],
    commandLine: `version=${version} root=LABEL=ROOT`,
    ...more,
  };
}

/** v1 is good, v0 was before it, v2 is on trial; two ways to repair. All in a directory of the filesystem. */
export function menuBelow(top: string): Menu {
  return {
    entries: [entryOf('v1', {}, top), entryOf('v0', {}, top)],
    good: 'v1',
    trial: entryOf('v2', { title: 'Version v2 (on trial)' }, top),
    recovery: [
      entryOf('v1', { title: 'Reset of the settings', commandLine: 'version=v1 said=settings' }, top),
      entryOf('v0', { title: 'Shell', commandLine: 'version=v0 said=shell' }, top),
    ],
  };
}

/** The same where most machines have it. */
export const menu: Menu = menuBelow(path);

/** v2 is armed. */
export function armed(tries: number): LoaderState {
  return { good: 'v1', trial: { version: 'v2', tries, failed: false }, once: null };
}

/** Nothing is on trial. */
export function settled(good: string): LoaderState {
  return { good, trial: null, once: null };
}

/** Keys of GRUB's menu, of one byte each (Ctrl-N): what comes in pieces, as the arrow does on a slow machine, means something else. */
export const keys = { down: '\x0e', enter: '\r' } as const;

/** Goes down so many entries, and starts that one. */
export function pick(down: number): string {
  return keys.down.repeat(down) + keys.enter;
}

/** The menu without the second reading of what was written: what GRUB cannot write counts as written. */
export function withoutReading(text: string): string {
  const lines = text.split('\n');
  const kept = lines.filter((line, index) => {
    const isMark = /^ *set migrate_(tries|once)=unread$/.test(line);
    const isReading = /^ *set migrate_(tries|once)=unread$/.test(lines[index - 1] ?? '');
    return !isMark && !isReading;
  });
  if (kept.length !== lines.length - 4)
    throw new Error('the menu reads something else again than the count and the request');
  return kept.join('\n');
}
