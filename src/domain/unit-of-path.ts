import type { ByteString } from './bytes.ts';
import type { RootPath } from './path.ts';

/**
 * The name of the mount unit for a mount point, as `systemd-escape --path --suffix=mount` gives it: `/` is `-`, and what
 * is no ASCII letter, digit, `:`, `_` or `.`, and a `.` at the beginning, is `\xHH` (systemd.unit(5), "String escaping
 * for inclusion in unit names").
 */
export function mountUnitOf(mountPoint: RootPath): ByteString {
  const name = mountPoint.slice(1);
  if (name === '') return '-.mount';
  const parts = [...name].map((character, index) => {
    if (character === '/') return '-';
    const isPlain = /[A-Za-z0-9:_.]/.test(character) && !(index === 0 && character === '.');
    return isPlain ? character : escaped(character);
  });
  return `${parts.join('')}.mount`;
}

/** systemd's UNIT_NAME_MAX without the NUL; a file's name has the same limit. */
export const longestUnitName = 255;

/**
 * The path at which udev puts a link to a device that is named as mount(8) takes it; other names stay. A mount unit needs
 * a path to wait for the device. Characters that udev does not leave in a name are `\xHH`.
 */
export function deviceNodeOf(device: string): string {
  const [, tag, value] = /^(LABEL|UUID|PARTLABEL|PARTUUID)=(.*)$/s.exec(device) ?? [];
  if (tag === undefined || value === undefined) return device;
  // Other alphabets stay as they are: udev encodes what is not ASCII only where it is not UTF-8.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
  const name = value.replace(/[\x00-\x7f]/g, (character) =>
    /[A-Za-z0-9#+\-.:=@_]/.test(character) ? character : escaped(character),
  );
  return `/dev/disk/by-${tag.toLowerCase()}/${name}`;
}

function escaped(character: string): string {
  return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
}
