import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { TreeView } from '../joint-strategy.ts';

/** A file of this machine that names a module. */
export type Request = {
  readonly path: RootPath;
  /** Whether it asks for the module in the initramfs: a build after the boot comes too late. */
  readonly early: boolean;
};

/** Where modules are asked for by name, as files or as directories of `*.conf`. */
const places: readonly { readonly path: RootPath; readonly directory: boolean; readonly early: boolean }[] = [
  { path: '/etc/modules', directory: false, early: false },
  { path: '/etc/modules-load.d', directory: true, early: false },
  { path: '/etc/modprobe.d', directory: true, early: false },
  { path: '/etc/initramfs-tools/modules', directory: false, early: true },
  { path: '/etc/dracut.conf', directory: false, early: true },
  { path: '/etc/dracut.conf.d', directory: true, early: true },
];

/** The settings of this machine that name the module. */
export function requestsFor(view: TreeView, module: ByteString): Request[] {
  return places.flatMap(({ path, directory, early }) => {
    const files = directory ? view.names('ours', path).filter((name) => name.endsWith('.conf')) : [''];
    return files
      .map((name) => (name === '' ? path : childOf(path, name)))
      .filter((file) => names(view.content('ours', file) ?? '', module))
      .map((file) => ({ path: file, early }));
  });
}

function names(content: ByteString, module: ByteString): boolean {
  const words = content
    .split('\n')
    .filter((line) => !/^\s*[#;]/.test(line))
    .flatMap((line) => line.split(/[^\w-]+/));
  return words.some((word) => word.replaceAll('-', '_') === module);
}
