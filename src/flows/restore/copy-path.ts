import { setAttributes } from '../../apply/set-attributes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import type { Boundary } from '../../domain/change.ts';
import { type Entry, lockingFlags } from '../../domain/entry.ts';
import { isUnsupported } from '../../domain/failure.ts';
import { attributeDifferences } from '../../domain/identity.ts';
import { marksAmong } from '../../domain/layer-marks.ts';
import { type OwnerMap, translateOwners } from '../../domain/owners.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Files, Status } from '../../system/files.ts';
import { boundaryBetween, inodeKey, isPlaceholder } from '../../tree/boundary.ts';

/** A path in a root. */
export type At = { readonly files: Files; readonly path: RootPath };

export type CopyOptions = {
  /** What the numbers of owners become. */
  readonly owners: OwnerMap;
  /** Hears of each entry that is copied, as it stands in the source. */
  readonly onEntry: (entry: Entry) => void;
  /** Hears of bytes that are copied, while a file is. */
  readonly onBytes: (bytes: number) => void;
  /** Whether whiteouts and marks of overlayfs are made too: the layers of containers hold some, and are damaged without them. */
  readonly withLayers?: boolean;
};

export type Copied = {
  readonly entries: number;
  /** Bytes of the files, holes included. */
  readonly bytes: number;
  /** What was not copied, or not with all its attributes, and why. */
  readonly notes: readonly string[];
};

/**
 * Copies what stands at a path, with all below it, to a path at which nothing stands: attributes and times are kept,
 * hard links among what is copied stay linked, holes stay holes. Neither sockets nor other filesystems and subvolumes are
 * copied: the notes name them. Flags that forbid changes are left to the caller at the path itself, and set below it.
 */
export function copyPath(from: At, to: At, options: CopyOptions): Copied {
  const home = from.files.status(parentOf(from.path));
  const copying = new Copying({ files: from.files, home }, to.files, options);
  copying.copy(from.path, to.path, { lock: false });
  return copying;
}

/**
 * The same of all that lies in a directory, into one that is there and empty and gets its attributes. It may be the top of
 * a volume, which flags that forbid changes would keep from being removed: a note says where it had some.
 */
export function copyBelow(from: At, to: At, options: CopyOptions): Copied {
  const copying = new Copying({ files: from.files, home: from.files.status(from.path) }, to.files, options);
  copying.copyInto(from.path, to.path);
  return copying;
}

/** What begins at a path, where that is not of the filesystem and subvolume of a directory above it. */
export function boundaryBelow(files: Files, home: Status | null, path: RootPath): Boundary['kind'] | null {
  const status = files.status(path);
  if (home === null || status === null) return null;
  const kind = boundaryBetween(home, status);
  // Where a snapshot lacks a subvolume it shows an empty directory.
  return kind === 'subvolume' && isPlaceholder(status) ? null : kind;
}

class Copying implements Copied {
  entries = 0;
  bytes = 0;
  readonly notes: string[] = [];
  readonly #from: Files;
  /** The directory that what is copied lies in: the root need not be of its filesystem. */
  readonly #home: Status | null;
  readonly #to: Files;
  readonly #options: CopyOptions;
  /** Where the first name of each file with several names has come to. */
  readonly #links = new Map<string, RootPath>();

  constructor({ files, home }: { files: Files; home: Status | null }, to: Files, options: CopyOptions) {
    this.#from = files;
    this.#home = home;
    this.#to = to;
    this.#options = options;
  }

  copy(path: RootPath, at: RootPath, { lock }: { readonly lock: boolean }): void {
    const found = this.#from.entry(path);
    if (found === null) return;
    const kind = boundaryBelow(this.#from, this.#home, path);
    if (kind !== null) {
      this.#note(path, `another ${kind === 'mount' ? 'filesystem' : kind} is there, which is not copied`);
      return;
    }
    const entry = translateOwners(found, this.#options.owners);
    if (this.#linked(entry, at) || !this.#make(path, at, entry)) return;
    this.entries += 1;
    this.#options.onEntry(found);
    if (entry.type === 'directory') this.#copyNames(path, at);
    this.#mark(path, at, entry);
    setAttributes(this.#to, at, entry, { lock });
    this.#compare(path, at, lock ? entry : { ...entry, flags: entry.flags & ~lockingFlags });
  }

  copyInto(path: RootPath, at: RootPath): void {
    const found = this.#from.entry(path);
    if (found === null) return;
    const entry = translateOwners(found, this.#options.owners);
    this.#copyNames(path, at);
    this.#mark(path, at, entry);
    setAttributes(this.#to, at, entry, { lock: false });
    this.#compare(path, at, { ...entry, flags: entry.flags & ~lockingFlags });
    if ((entry.flags & lockingFlags) !== 0) this.#note(path, 'its flags that forbid changes are not kept');
  }

  #copyNames(path: RootPath, at: RootPath): void {
    for (const name of this.#from.list(path)) this.copy(childOf(path, name), childOf(at, name), { lock: true });
  }

  /** Whether it is another name of a file that has been copied. */
  #linked({ type, inode }: Entry, at: RootPath): boolean {
    if (type === 'directory' || inode.links < 2) return false;
    const first = this.#links.get(inodeKey({ inode }));
    if (first === undefined) this.#links.set(inodeKey({ inode }), at);
    else this.#link(at, first);
    return first !== undefined;
  }

  /** A file gets no further name while a flag forbids changes of it, which its first one has set. */
  #link(at: RootPath, first: RootPath): void {
    const flags = (this.#to.entry(first)?.flags ?? 0) & lockingFlags;
    if (flags === 0) this.#to.link(at, first);
    else this.#to.withoutFlags(first, flags, () => this.#to.link(at, first));
  }

  /** Whether it is something that can be made. */
  #make(path: RootPath, at: RootPath, entry: Entry): boolean {
    switch (entry.type) {
      case 'file':
        this.#copyFile(path, at, entry);
        this.bytes += entry.size;
        return true;
      case 'directory':
        this.#to.makeDirectory(at);
        return true;
      case 'symlink':
        this.#to.makeSymlink(at, entry.target ?? '');
        return true;
      case 'fifo':
      case 'character':
      case 'block':
        this.#to.makeNode(at, entry.type, entry.device ?? null);
        return true;
      case 'whiteout':
        if (this.#options.withLayers !== true) return this.#isLeft(path, entry);
        this.#to.makeNode(at, 'character', { major: 0, minor: 0 });
        return true;
      case 'socket':
        return this.#isLeft(path, entry);
    }
  }

  #isLeft(path: RootPath, { type }: Entry): false {
    this.#note(path, `it is a ${type}, which is not copied`);
    return false;
  }

  #copyFile(path: RootPath, at: RootPath, { flags }: Entry): void {
    const { onBytes } = this.#options;
    if (!this.#to.copyFrom(at, this.#from, path, { flags, onBytes })) this.#note(path, 'it changed meanwhile');
  }

  /** An entry has no attributes of overlayfs's own: what a root shows of them is of other layers than its own. */
  #mark(path: RootPath, at: RootPath, { type }: Entry): void {
    if (this.#options.withLayers !== true || (type !== 'file' && type !== 'directory')) return;
    for (const name of marksAmong(this.#from.xattrNames(path))) {
      try {
        this.#to.setXattr(at, name, this.#from.xattr(path, name) ?? '');
      } catch (error) {
        if (!isUnsupported(error)) throw error;
        this.#noteLacking(path, [`xattr:${name}`]);
      }
    }
  }

  /** A filesystem may not be able to hold all attributes. */
  #compare(path: RootPath, at: RootPath, wanted: Entry): void {
    const made = this.#to.entry(at);
    if (made === null) return;
    const lacking = attributeDifferences(wanted, made);
    if (lacking.length > 0) this.#noteLacking(path, lacking);
  }

  #noteLacking(path: RootPath, lacking: readonly string[]): void {
    this.#note(path, `the filesystem cannot hold its ${lacking.map(displayBytes).join(', ')}`);
  }

  #note(path: RootPath, what: string): void {
    this.notes.push(`${displayBytes(path)}: ${what}`);
  }
}
