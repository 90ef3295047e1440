import type { RootPath } from '../domain/path.ts';
import { childOf } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/**
 * Finds where a path of a package's list really lies: with `/usr` merged, `/lib` is a link to `usr/lib`, and lists made
 * before that say `/lib/…`. Only links directly below the root count; the link itself stays what it is.
 */
export function topLinkResolver(files: Files): (path: RootPath) => RootPath {
  const targets = new Map(files.list('/').flatMap((name) => linkTarget(files, name)));
  return (path) => {
    const slash = path.indexOf('/', 1);
    const target = slash === -1 ? undefined : targets.get(path.slice(1, slash));
    return target === undefined ? path : `${target}${path.slice(slash)}`;
  };
}

function linkTarget(files: Files, name: string): [string, RootPath][] {
  const entry = files.entry(childOf('/', name));
  if (entry?.type !== 'symlink' || entry.target === undefined) return [];
  const components = entry.target.split('/').filter((component) => component !== '' && component !== '.');
  // What leads upwards is no merged directory; `/` as the target would make every path its own parent.
  if (components.length === 0 || components.includes('..')) return [];
  return [[name, `/${components.join('/')}`]];
}
