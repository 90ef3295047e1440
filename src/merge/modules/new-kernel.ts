import { type ByteString, displayBytes } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { TreeView } from '../joint-strategy.ts';
import type { Kernel } from './fits.ts';
import { parseKernelModule } from './kernel-module.ts';
import { moduleName, moduleRoot, pathOf } from './module-files.ts';
import { resolveLinks } from './resolve-links.ts';
import { parseSymvers } from './symvers.ts';

/** A kernel of the new image with the modules that the image has for it. */
export type NewKernel = {
  readonly release: ByteString;
  /** Names of modules that belong to the kernel itself, those built in included. */
  readonly own: ReadonlySet<ByteString>;
  /** Names of modules that the image brings from elsewhere. */
  readonly added: ReadonlySet<ByteString>;
  /** What it loads, or why that cannot be told. */
  readonly loads: Kernel | string;
};

const compressions = ['', '.gz', '.xz', '.zst'];

/** What the new image says of one of its kernels. */
export function newKernel(view: TreeView, release: ByteString): NewKernel {
  const listed = listedModules(view, release);
  const own = listed.filter((place) => place.startsWith('kernel/'));
  const builtIn = linesOf(view, release, 'modules.builtin');
  return {
    release,
    own: namesOf([...own, ...builtIn]),
    added: namesOf(listed.filter((place) => !place.startsWith('kernel/'))),
    loads: whatItLoads(view, release, own),
  };
}

/** The modules that depmod indexed; before it has run, those that the build of the kernel lists. */
function listedModules(view: TreeView, release: ByteString): ByteString[] {
  const indexed = linesOf(view, release, 'modules.dep').map((line) => line.slice(0, line.indexOf(':')));
  return indexed.length > 0 ? indexed : linesOf(view, release, 'modules.order');
}

function linesOf(view: TreeView, release: ByteString, list: ByteString): ByteString[] {
  const content = view.content('theirs', pathOf(moduleRoot(view, 'theirs'), release, list)) ?? '';
  return content.split('\n').filter((line) => line !== '');
}

function namesOf(places: readonly ByteString[]): Set<ByteString> {
  return new Set(places.flatMap((place) => moduleName(place) ?? []));
}

function whatItLoads(view: TreeView, release: ByteString, own: readonly ByteString[]): Kernel | string {
  const vermagic = vermagicOf(view, release, own);
  if (vermagic === null) return 'no module of that kernel can be read to compare with';
  const path = symversFile(view, release);
  if (path === null) return 'the image has no list of the versions of its symbols (Module.symvers)';
  const symvers = view.decompressed('theirs', path);
  if (symvers === null) return `${displayBytes(path)} of the image cannot be read`;
  return { vermagic, symbols: parseSymvers(symvers) };
}

/** Every module of a kernel has its vermagic; the first that is listed will do. */
function vermagicOf(view: TreeView, release: ByteString, [place]: readonly ByteString[]): ByteString | null {
  if (place === undefined) return null;
  const path = pathOf(moduleRoot(view, 'theirs'), release, place);
  // modules.order knows nothing of compression.
  const found = compressions.map((ending) => path + ending).find((file) => view.entry('theirs', file)?.type === 'file');
  const content = found === undefined ? null : view.decompressed('theirs', found);
  return content === null ? null : (parseKernelModule(content)?.vermagic ?? null);
}

/** Where Fedora and openSUSE, Debian, and older Fedora and RHEL keep the versions of a kernel's symbols. */
function symversFile(view: TreeView, release: ByteString): RootPath | null {
  const directory = childOf(moduleRoot(view, 'theirs'), release);
  const places = [
    ...compressions.map((ending) => `${directory}/symvers${ending}`),
    `${directory}/build/Module.symvers`,
    `/usr/src/linux-headers-${release}/Module.symvers`,
    `/usr/src/kernels/${release}/Module.symvers`,
    ...compressions.map((ending) => `/boot/symvers-${release}${ending}`),
  ];
  for (const place of places) {
    const path = resolveLinks(view, 'theirs', place);
    if (path !== null && view.entry('theirs', path)?.type === 'file') return path;
  }
  return null;
}
