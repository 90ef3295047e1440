import type { ByteString } from '../../domain/bytes.ts';
import { addCandidate, type CandidateScope, type Candidates } from '../../domain/candidates.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Files } from '../../system/files.ts';
import type { InodeRecord, Subvolume } from '../../system/subvolume.ts';
import { changedNames, type Touched } from './changed-names.ts';
import { InodePaths } from './inode-paths.ts';
import { parseSendStream } from './send-stream.ts';
import { streamFailure } from './stream-failure.ts';

/**
 * Where a read-only subvolume may differ from another: what the stream between them names, and what it leaves out. It
 * names everything of which a byte changed, a time of access too; what is equal after all is no candidate.
 */
export function findCandidates(base: Subvolume, ours: Subvolume): Map<RootPath, CandidateScope> {
  const search: Search = { base, ours, candidates: new Map(), paths: new InodePaths(ours) };
  const { renamed, touched } = changedNames(parseSendStream(ours.streamSince(base.identity.id)));
  for (const path of renamed) addCandidate(search.candidates, path, 'tree');
  for (const one of touched) addTouched(search, one);
  return search.candidates;
}

type Search = {
  readonly base: Subvolume;
  readonly ours: Subvolume;
  readonly candidates: Map<RootPath, CandidateScope>;
  readonly paths: InodePaths;
};

function addTouched({ base, ours, candidates, paths }: Search, { path, stayed, growth }: Touched): void {
  const { inode = null, isDirectory = false } = paths.find(path) ?? {};
  // A directory that is gone with a placeholder in it keeps its temporary name in the stream; where it was is known.
  if (inode === null) return;
  const now = ours.inode(inode, { isDirectory });
  if (now === null) throw streamFailure(`it names inode ${inode}, which is not there`);
  const before = stayed ? base.inode(inode, { isDirectory }) : null;
  const scope = scopeOf(before, now, isDirectory);
  if (scope !== null) {
    // A change through one name is a change of all, and the stream tells one.
    const others = now.names.length > 1 ? now.names.map((name) => paths.ofName(name)) : [];
    for (const place of [path, ...others]) addCandidate(candidates, place, scope);
  }
  if (!isDirectory || before === null || now.size === before.size + 2 * growth) return;
  for (const name of namesOfOneSide(base, ours, inode)) addCandidate(candidates, childOf(path, name), 'tree');
}

/** Null where nothing that counts differs. */
function scopeOf(before: InodeRecord | null, now: InodeRecord, isDirectory: boolean): CandidateScope | null {
  if (before === null) return 'entry';
  const sameContent = isDirectory || (before.size === now.size && before.extents === now.extents);
  if (!sameContent) return 'entry';
  return before.attributes === now.attributes ? null : 'attributes';
}

/**
 * The stream says nothing of names of other subvolumes, nor of the empty directories that a snapshot has in their place.
 * That some came or went shows in the size of the directory.
 */
function namesOfOneSide(base: Subvolume, ours: Subvolume, directory: number): Set<ByteString> {
  const namesIn = (side: Subvolume): Set<ByteString> => new Set(side.names(directory).map(({ name }) => name));
  return namesIn(base).symmetricDifference(namesIn(ours));
}

/** Where other subvolumes lie in the subvolume. */
export function nestedPaths(subvolume: Subvolume): RootPath[] {
  const paths = new InodePaths(subvolume);
  return subvolume.nested().map((name) => paths.ofName(name));
}

/** The path of each of these directories that lies in the subvolume itself, however it was come to. */
export function pathsInside(subvolume: Subvolume, files: Files, others: readonly Files[]): RootPath[] {
  const device = files.status('/')?.inode.device;
  const paths = new InodePaths(subvolume);
  return others.flatMap((other) => {
    const inode = other.status('/')?.inode;
    return inode === undefined || inode.device !== device ? [] : [paths.ofDirectory(inode.number)];
  });
}

/** All of them, with others that are looked at as they are. */
export function withPlaces(candidates: Map<RootPath, CandidateScope>, places: readonly RootPath[]): Candidates {
  for (const path of places) addCandidate(candidates, path, 'entry');
  return candidates;
}
