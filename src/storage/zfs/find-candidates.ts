import { addCandidate, type CandidateScope } from '../../domain/candidates.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files, NamedInode } from '../../system/files.ts';

/**
 * Where two trees may differ in which inodes of the same number are the same unless they are touched. All names are
 * looked at, and no inode: every name of a file is met, however it came by it. In a directory that is not touched both
 * trees have the same names.
 */
export function findCandidates(
  base: Files,
  ours: Files,
  isTouched: (inode: number) => boolean,
): Map<RootPath, CandidateScope> {
  const found = new Map<RootPath, CandidateScope>();
  const waiting: Place[] = [{ path: '/', inodes: [rootOf(base), rootOf(ours)] }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, inodes } = next;
    const [one, other] = inodes;
    const isSame = one?.inode === other?.inode && one?.isDirectory === other?.isDirectory;
    if (!isSame) addCandidate(found, path, 'tree');
    if (!isSame || one === null) continue;
    const isChanged = isTouched(one.inode);
    if (isChanged) addCandidate(found, path, 'entry');
    if (one.isDirectory)
      pushAll(waiting, placesIn(path, base.listInodes(path), isChanged ? ours.listInodes(path) : null));
  }
  return found;
}

/** One by one: a directory may have more names than a call can have arguments. */
function pushAll(waiting: Place[], places: readonly Place[]): void {
  for (const place of places) waiting.push(place);
}

/** A name and what it stands for on the two sides. */
type Place = { readonly path: RootPath; readonly inodes: readonly [NamedInode | null, NamedInode | null] };

function rootOf(files: Files): NamedInode | null {
  const status = files.status('/');
  return status === null ? null : { name: '', inode: status.inode.number, isDirectory: true };
}

/** The names of a directory; `now` is null where they are the same as before. */
function placesIn(directory: RootPath, before: readonly NamedInode[], now: readonly NamedInode[] | null): Place[] {
  if (now === null) return before.map((one) => ({ path: childOf(directory, one.name), inodes: [one, one] }));
  const [first, second] = [before, now].map((names) => new Map(names.map((one) => [one.name, one])));
  const names = new Set([...before, ...now].map(({ name }) => name));
  return [...names].map((name) => ({
    path: childOf(directory, name),
    inodes: [first?.get(name) ?? null, second?.get(name) ?? null],
  }));
}
