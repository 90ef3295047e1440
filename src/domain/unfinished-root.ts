import { systemVolume } from './version.ts';
import type { Place } from './volume.ts';

/** What the name of a root ends in while an initramfs makes it; the commit takes it off, and no version may have it. */
const ending = '.migrating';

/** What a root is called until its commit. */
export function unfinishedName(name: string): string {
  return `${name}${ending}`;
}

/** Whether that is the name of one which was not committed. */
export function isUnfinishedName(name: string): boolean {
  return name.endsWith(ending);
}

/** Whether a root lies there that was not committed. */
export function isUnfinishedRoot({ volume, kind, name }: Place): boolean {
  return volume === systemVolume && kind === 'branch' && isUnfinishedName(name);
}

/** The version that it was to be the root of. */
export function versionOfUnfinished({ name }: Place): string {
  return name.slice(0, -ending.length);
}
