import { childOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Rule } from '../domain/policy.ts';
import type { Policy, RequiredRule } from '../policy/compile.ts';
import type { Files } from '../system/files.ts';
import { boundaryKind, inodeKey, rootKeys } from '../tree/boundary.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { looking } from '../tree/read-failure.ts';

type Search = { readonly ours: Files; readonly roots: ReadonlySet<string>; readonly matches: RequiredRule['matches'] };

/**
 * The required rules that nothing on the machine matches. As in comparing, neither mounts, nested subvolumes nor other
 * roots are looked into, so that the answer is the same on the running system as in the initramfs.
 */
export function unmatchedRules(policy: Policy, { base, ours, theirs }: Trees): Rule[] {
  const roots = rootKeys([base, ours, theirs]);
  return policy
    .requiredRules()
    .filter(({ paths, within, matches }) => {
      if (paths === null) return !existsMatching({ ours, roots, matches }, within);
      return !paths.values().some((path) => exists(ours, path));
    })
    .map(({ rule }) => rule);
}

function exists(ours: Files, path: RootPath): boolean {
  return look(ours, path, () => ours.status(path) !== null && boundaryKind(ours, parentOf(path)) === null) ?? false;
}

function existsMatching(search: Search, path: RootPath): boolean {
  const { ours, roots, matches } = search;
  const names = look(ours, path, () => {
    const status = ours.status(path);
    if (status === null || boundaryKind(ours, parentOf(path)) !== null) return null;
    const isOpen = status.type === 'directory' && boundaryKind(ours, path) === null;
    return isOpen && (path === '/' || !roots.has(inodeKey(status))) ? ours.list(path) : [];
  });
  if (names === null) return false;
  return matches(path) || names.some((name) => existsMatching(search, childOf(path, name)));
}

/** What cannot be read matches nothing; comparing has come there too, and named it. */
function look<Found>(ours: Files, path: RootPath, find: () => Found): Found | null {
  return looking(path, { ours }, [], find);
}
