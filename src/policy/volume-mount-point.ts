import { type ByteString, displayBytes, textOfBytes } from '../domain/bytes.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import { longestUnitName, mountUnitOf } from '../domain/unit-of-path.ts';
import { literalPath, parsePattern } from './pattern.ts';
import { RuleError } from './rule-error.ts';

/** Places that must be in the root itself, with all below them, and why. */
const withinRoot: readonly { readonly path: RootPath; readonly why: string }[] = [
  ...['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32'].map((path) => ({
    path,
    why: 'the programs of the image are there',
  })),
  ...['/boot', '/efi'].map((path) => ({ path, why: 'the boot loader reads it' })),
  ...['/proc', '/sys', '/dev', '/run', '/tmp'].map((path) => ({ path, why: 'it does not outlive a boot' })),
  { path: '/etc/systemd', why: 'the units that mount volumes are there' },
  { path: '/etc/migrate', why: 'the declarations of volumes are there' },
  { path: '/.migrate', why: 'it belongs to migrate itself' },
  { path: '/var/lib/migrate', why: 'it belongs to migrate itself' },
];

/**
 * Reads where a volume is mounted: one path, written as in a policy, with or without a `/` at its end. Throws RuleError
 * for what no volume can be mounted at, or no mount unit can name.
 */
export function parseMountPoint(word: ByteString): RootPath {
  const shown = displayBytes(word).replaceAll('\\\\', '\\');
  if (!word.startsWith('/')) throw new RuleError(`"${shown}" is no mount point: it starts with "/", such as /srv`);
  const path = literalPath(parsePattern(word.length > 1 ? word.replace(/\/$/, '') : word));
  if (word === '/') throw new RuleError('"/" is the root of the version itself, a branch of the volume system');
  if (path === null) throw new RuleError(`"${shown}" has wildcards: a volume is mounted at one place`);
  if (path === '/etc')
    throw new RuleError('"/etc" cannot be a volume: its files are needed before anything is mounted');
  const place = withinRoot.find((each) => path === each.path || isBelow(path, each.path));
  if (place !== undefined) throw new RuleError(`"${shown}" cannot be a volume: ${place.why} (${place.path})`);
  if (!fitsUnit(path)) {
    throw new RuleError(
      `"${shown}" cannot stand in a mount unit: it is not UTF-8, or has control characters, or ends with "\\" or a blank`,
    );
  }
  if (mountUnitOf(path).length > longestUnitName) {
    throw new RuleError(
      `"${shown}" is too long: the name of its mount unit would have more than ${longestUnitName} bytes`,
    );
  }
  return path;
}

// systemd.syntax(7): values are UTF-8, end with their line, lose blanks at their ends, and "\" at the end joins lines.
function fitsUnit(path: RootPath): boolean {
  const text = textOfBytes(path);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what a unit cannot hold
  return text !== null && !/[\x00-\x1f\x7f-\x9f]/.test(text) && !/[\s\\]$/.test(text);
}
