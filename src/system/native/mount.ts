import type { ByteString } from '../../domain/bytes.ts';
import { bytesOfText } from '../../domain/bytes.ts';
import { native } from './libc.ts';
import { mountFlags, unmountFlags } from './linux.ts';
import { checked, cString } from './place.ts';

/** What mount(2) is given beside the directory. */
type Mounting = {
  readonly source: ByteString;
  readonly filesystem: string;
  readonly flags: number;
  readonly options: ByteString;
};

/** mount(2); mount(8) would start another process, and knows what overlayfs wants only in parts. */
export function mountAt(directory: string, { source, filesystem, flags, options }: Mounting): void {
  const target = bytesOfText(directory);
  const [from, at, type, data] = [source, target, filesystem, options].map(cString) as [Buffer, Buffer, Buffer, Buffer];
  checked(native().libc.mount(from, at, type, flags, data), 'mount', target);
}

/** Makes one mount of a filesystem read-only, and no other. */
export function makeReadOnly(directory: string): void {
  const flags = mountFlags.remount | mountFlags.bind | mountFlags.readOnly;
  mountAt(directory, { source: 'none', filesystem: 'none', flags, options: '' });
}

/** Mounts a directory at another as well, without what is mounted in it. */
export function bindMount(source: ByteString, directory: string, { writable }: { readonly writable: boolean }): void {
  mountAt(directory, { source, filesystem: 'none', flags: mountFlags.bind, options: '' });
  if (!writable) makeReadOnly(directory);
}

/** Takes the topmost mount off the directory; where it is busy, or has others in it, it goes when nobody needs it more. */
export function unmountTop(directory: string): void {
  const { libc, errno } = native();
  const target = cString(bytesOfText(directory));
  if (libc.umount2(target, unmountFlags.noFollow) >= 0) return;
  if (errno() !== 'EBUSY') checked(-1, 'umount2', bytesOfText(directory));
  checked(libc.umount2(target, unmountFlags.noFollow | unmountFlags.detach), 'umount2', bytesOfText(directory));
}
