import type { ByteString } from '../domain/bytes.ts';
import { childOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** linux/namei.h: MAXSYMLINKS. */
const mostLinks = 40;

/** No text about a system is as long; anything else under such a name is not read into memory. 16 MiB. */
const longestText = 2 ** 24;

/** The content of a small file of the image, links being followed inside its root; null where there is none. */
export function readInside(files: Files, path: RootPath): ByteString | null {
  const resolved = resolveInside(files, path);
  if (resolved === null) return null;
  const status = files.status(resolved);
  return status?.type === 'file' && status.size <= longestText ? files.read(resolved) : null;
}

/** Where a path leads, links being followed inside the root as after chroot(2); null where it leads nowhere. */
export function resolveInside(files: Files, path: RootPath): RootPath | null {
  const names = path.split('/');
  let at: RootPath = '/';
  let links = 0;
  while (names.length > 0 && links <= mostLinks) {
    const next = step(at, names.shift() ?? '');
    const entry = files.entry(next);
    if (entry === null) return null;
    if (entry.type !== 'symlink') at = next;
    else {
      links += 1;
      const target = entry.target ?? '';
      if (target.startsWith('/')) at = '/';
      names.unshift(...target.split('/'));
    }
  }
  return links > mostLinks ? null : at;
}

function step(at: RootPath, name: ByteString): RootPath {
  if (name === '' || name === '.') return at;
  return name === '..' ? parentOf(at) : childOf(at, name);
}
