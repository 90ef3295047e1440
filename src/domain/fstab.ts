import type { ByteString } from './bytes.ts';
import type { RootPath } from './path.ts';

/**
 * Where an `/etc/fstab` mounts something, each place once: without the root, and without lines that have no mount point,
 * such as swap. Lines that are no entries are passed over, as mount(8) does. The format is that of fstab(5).
 */
export function mountPointsOf(fstab: ByteString): RootPath[] {
  const found = fstab.split('\n').flatMap((line) => {
    const mountPoint = mountPointOf(line);
    return mountPoint === null ? [] : [mountPoint];
  });
  return [...new Set(found)];
}

/** A field holds no blanks: fstab(5) writes them, and the backslash, as three octal digits. */
function mountPointOf(line: string): RootPath | null {
  const fields = line.split(/[ \t]+/).filter((field) => field !== '');
  const [device, mountPoint] = fields;
  if (device === undefined || mountPoint === undefined || device.startsWith('#')) return null;
  if (fields.length < 4 || (fields.length > 6 && !fields[6]?.startsWith('#'))) return null;
  return rootPathOf(unescapeField(mountPoint));
}

/** A field with each `\040` and its kin as the byte that it stands for. */
export function unescapeField(field: ByteString): ByteString {
  return field.replace(/\\([0-3][0-7]{2})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The path in its plain form; null for the root itself, `none`, `swap`, and what leads upwards. */
function rootPathOf(mountPoint: ByteString): RootPath | null {
  if (!mountPoint.startsWith('/')) return null;
  const components = mountPoint.split('/').filter((component) => component !== '' && component !== '.');
  return components.length === 0 || components.includes('..') ? null : `/${components.join('/')}`;
}
