import type { ByteString } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import { childOf, nameOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Digest, Shipped } from '../domain/shipped.ts';
import type { Files, Status } from '../system/files.ts';
import { computedFiles, nowhereOnDisk } from './computed-files.ts';
import { type Delivered, deliveredEntry, nowhere, unownedEntry, type Witnesses } from './delivered-entry.ts';

/** What is known of an image that is gone (case 66). */
export type Evidence = {
  /** What the old system's packages delivered at a path, or null where none did. */
  readonly shipped: (path: RootPath) => Shipped | null;
  /** All paths that they delivered. */
  readonly paths: () => Iterable<RootPath>;
  /** The paths that were delivered with this digest. */
  readonly pathsWith: (digest: Digest) => readonly RootPath[];
  /** Whether the policy leaves the path to the image: nothing is asked of it. */
  readonly isIgnored: (path: RootPath) => boolean;
};

/** No package lists it. */
const rootDirectory: Shipped = { digest: null, target: null, attributes: null };

/** Whole copies of /etc as delivered that some images keep (ostree's, and those that fill /etc at the first start). */
const pristineSettings: readonly RootPath[] = ['/usr/etc', '/usr/share/factory/etc'];
/** In which a copy of only a few files would not be. */
const signOfWhole: ByteString = 'passwd';

/**
 * A tree in the place of the image that ours was made from, computed from what the old system's package database says and
 * from both other trees. Content that no tree has any more cannot be read: `status` says that nothing is there, `entry`
 * what there was.
 */
export function reconstructBase(ours: Files, theirs: Files, evidence: Evidence): Files {
  const witnesses: Witnesses = { ours, theirs, copiesOf: evidence.pathsWith, ...numbersOf(ours) };
  const pristine = pristineSettings.find((directory) => ours.status(childOf(directory, signOfWhole)) !== null) ?? null;
  const owned = new Map<RootPath, Delivered | null>();
  let children: ReadonlyMap<RootPath, ReadonlySet<ByteString>> | null = null;

  function deliveredAt(path: RootPath): (Delivered & { readonly at: RootPath }) | null {
    const copy = pristine === null || evidence.isIgnored(path) ? null : copyOf(path, pristine);
    const entry = copy === null ? null : ours.entry(copy);
    if (copy !== null && entry !== null) return { entry, source: 'ours', at: copy };
    const found = evidenceAt(path);
    return found === null ? null : { at: path, ...found };
  }

  function evidenceAt(path: RootPath): Delivered | null {
    if (evidence.isIgnored(path)) {
      const entry = ours.entry(path);
      return entry === null ? null : { entry, source: 'ours' };
    }
    const shipped = path === '/' ? rootDirectory : evidence.shipped(path);
    if (shipped === null) return unownedEntry(path, witnesses);
    const known = owned.get(path);
    if (known !== undefined) return known;
    const found = deliveredEntry(path, shipped, witnesses);
    owned.set(path, found);
    return found;
  }

  function entry(path: RootPath): Entry | null {
    const found = deliveredAt(path)?.entry ?? null;
    // The walk does not enter what is one and the same directory on both sides.
    return found?.type === 'directory' ? { ...found, inode: nowhere } : found;
  }

  return computedFiles({
    root: nowhereOnDisk,
    entry,
    status: (path) => {
      const found = entry(path);
      const isLost = found?.type === 'file' && deliveredAt(path)?.source === null;
      return found === null || isLost ? null : statusOf(found);
    },
    list: (path) => {
      children ??= childrenOf(evidence);
      const copy = pristine === null ? null : copyOf(path, pristine);
      const copied = copy !== null && ours.status(copy)?.type === 'directory' ? ours.list(copy) : [];
      return [...new Set([...(children.get(path) ?? []), ...copied])].sort();
    },
    contentOf: (path) => {
      const found = deliveredAt(path);
      return found === null || found.source === null ? null : { files: witnesses[found.source], path: found.at };
    },
  });
}

function copyOf(path: RootPath, pristine: RootPath): RootPath | null {
  return path === '/etc' || path.startsWith('/etc/') ? `${pristine}${path.slice('/etc'.length)}` : null;
}

function statusOf({ xattrs: _, flags: __, target: ___, device, ...rest }: Entry): Status {
  return { ...rest, device: device ?? null, mountId: 0 };
}

/** Only of what is not left to the image: most of what packages deliver is. */
function childrenOf({ paths, isIgnored }: Evidence): Map<RootPath, Set<ByteString>> {
  const children = new Map<RootPath, Set<ByteString>>();
  for (const path of paths()) if (!isIgnored(path)) addChild(children, path);
  return children;
}

function addChild(children: Map<RootPath, Set<ByteString>>, path: RootPath): void {
  if (path === '/') return;
  const parent = parentOf(path);
  const names = children.get(parent);
  if (names !== undefined) {
    names.add(nameOf(path));
    return;
  }
  children.set(parent, new Set([nameOf(path)]));
  addChild(children, parent);
}

/** The numbers of ours: names in a database mean those of the system that it belongs to. */
function numbersOf(ours: Files): Pick<Witnesses, 'userNumber' | 'groupNumber'> {
  const users = numbersIn(ours, '/etc/passwd');
  const groups = numbersIn(ours, '/etc/group');
  return { userNumber: (name) => users.get(name) ?? null, groupNumber: (name) => groups.get(name) ?? null };
}

/** The third field by the first (passwd(5), group(5)). */
function numbersIn(files: Files, path: RootPath): Map<string, number> {
  const text = files.status(path)?.type === 'file' ? files.read(path) : '';
  const rows = text.split('\n').map((line) => line.split(':'));
  return new Map(
    rows.flatMap(([name, , number]) => (/^\d+$/.test(number ?? '') ? [[name ?? '', Number(number)]] : [])),
  );
}
