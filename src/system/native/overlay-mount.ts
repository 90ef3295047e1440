import { closeSync, mkdirSync, openSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import type { OverlayLayers } from '../mounts.ts';
import { mountFlags, openFlags } from './linux.ts';
import { makeReadOnly, mountAt } from './mount.ts';
import { guarded } from './place.ts';

/**
 * Nothing that makes a layer depend on more than its names (Documentation/filesystems/overlayfs.rst): no renamed
 * directory that points to its old place, no file without its content, no index of links; and none is followed.
 */
const settings = 'redirect_dir=nofollow,metacopy=off,index=off,xino=auto';

/**
 * Mounts layers by overlayfs. mount(2) takes one page of options and fsconfig(2), before Linux 6.5, 256 bytes, so the
 * layers below the first are named by descriptors; the topmost are named by their paths, for who looks at the mount.
 */
export function mountOverlay(
  { name, upper, lower }: OverlayLayers,
  at: string,
  { writable }: { readonly writable: boolean },
): void {
  mkdirSync(at, { recursive: true, mode: 0o700 });
  const [topmost = '', ...others] = lower;
  const opened: number[] = [];
  try {
    for (const layer of others) {
      const path = Buffer.from(layer, 'latin1');
      opened.push(guarded('open', layer, () => openSync(path, openFlags.root)));
    }
    const names = [escaped(topmost), ...opened.map((descriptor) => `/proc/self/fd/${descriptor}`)];
    const above = upper === null ? '' : `,upperdir=${escaped(upper.directory)},workdir=${escaped(upper.work)}`;
    const options = `lowerdir=${names.join(':')}${above},${settings}`;
    mountAt(at, { source: name, filesystem: 'overlay', flags: upper === null ? mountFlags.readOnly : 0, options });
    // The filesystem itself stays writable: there may be another mount of it, now or later.
    if (upper !== null && !writable) makeReadOnly(at);
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** Colons part the layers, commas the options; what stands after a backslash is meant literally. */
function escaped(path: ByteString): ByteString {
  return path.replace(/[\\:,]/g, '\\$&');
}
