import { join } from 'node:path';
import { contentOf } from './cache.ts';

/** The top of the project. */
export const project: string = join(import.meta.dirname, '..');

/** Puts the product's files, the binary apart, into an image's root: what a builder of images does. */
export const installProduct: string = join(project, 'initramfs', 'install-into');

/** Puts the test's own files into an image's root: a service that reports and does nothing unless asked. */
export const installGuest: string = join(project, 'qemu', 'guest', 'install-into');

/** Everything that `installProduct` and `installGuest` put into an image. */
export function productContent(): Promise<readonly string[]> {
  const folders = ['initramfs', 'dracut', 'src/policy/shipped', 'qemu/guest'];
  return Promise.all(folders.map((folder) => contentOf(join(project, folder))));
}
