import type { ByteString } from './bytes.ts';

/** A path inside a root: absolute, `/`-separated, no trailing `/`, no `.` or `..`. The root itself is `/`. */
export type RootPath = ByteString;

/** The directory that holds the path; `/` for the root itself. */
export function parentOf(path: RootPath): RootPath {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** The last component of the path; empty for the root. */
export function nameOf(path: RootPath): ByteString {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The path of `name` inside the directory. */
export function childOf(directory: RootPath, name: ByteString): RootPath {
  return directory === '/' ? `/${name}` : `${directory}/${name}`;
}

/** Whether the path lies below the directory. `/foobar` does not lie below `/foo` (case 26). */
export function isBelow(path: RootPath, directory: RootPath): boolean {
  if (directory === '/') return path !== '/';
  return path.length > directory.length && path.startsWith(directory) && path[directory.length] === '/';
}

/** The directories above the path, the root first; none for the root itself. */
export function ancestorsOf(path: RootPath): RootPath[] {
  if (path === '/') return [];
  const ancestors: RootPath[] = ['/'];
  for (let slash = path.indexOf('/', 1); slash !== -1; slash = path.indexOf('/', slash + 1)) {
    ancestors.push(path.slice(0, slash));
  }
  return ancestors;
}

/** Order of a tree walk: a directory before what is in it, siblings by their bytes. */
export function comparePaths(a: RootPath, b: RootPath): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

// '/' ends a component, so it sorts before every byte that could go on with it.
function rank(code: number): number {
  return code === 0x2f ? -1 : code;
}
