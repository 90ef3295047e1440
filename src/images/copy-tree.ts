import { displayBytes } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import { childOf, isBelow, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { ImageEntry } from './image-entry.ts';
import { refused } from './image-failure.ts';
import type { Job } from './job.ts';

/** Entries between two turns in which signals are heard. */
const entriesOfTurn = 256;

/**
 * Copies all below a root into the image's; hard links stay linked, holes stay holes. Other filesystems mounted below it
 * are refused by name (case 121). Returns the sockets, which are not copied: nothing would listen at them.
 */
export async function copyTree(from: Files, job: Job): Promise<RootPath[]> {
  if (from.root === job.into.root || isBelow(job.into.root, from.root)) {
    throw refused('image-unsafe', `${displayBytes(from.root)} holds the place that it would be copied to`);
  }
  const walk = new Copying(from, job);
  await walk.copy('/');
  return walk.sockets;
}

class Copying {
  readonly sockets: RootPath[] = [];
  readonly #from: Files;
  readonly #job: Job;
  readonly #mount: number | null;
  /** First names of files with several, by device and inode. */
  readonly #linked = new Map<string, RootPath>();
  #count = 0;

  constructor(from: Files, job: Job) {
    this.#from = from;
    this.#job = job;
    this.#mount = from.status('/')?.mountId ?? null;
  }

  async copy(path: RootPath): Promise<void> {
    this.#count += 1;
    if (this.#count % entriesOfTurn === 0) await this.#job.system.streams.turn();
    const entry = this.#from.entry(path);
    if (entry === null) throw refused('image-damaged', `${displayBytes(path)} went while it was copied`);
    if (this.#from.status(path)?.mountId !== this.#mount) {
      throw refused('image-unsafe', `another filesystem is mounted at ${displayBytes(path)}`, {
        advice:
          'Unmount it, or bind-mount the directory elsewhere: mount --bind shows it without what is mounted below',
      });
    }
    if (entry.type === 'socket') {
      this.sockets.push(path);
      return;
    }
    this.#job.writer.copy(this.#imageEntry(path, entry), entry.flags, { files: this.#from, path });
    if (entry.type !== 'directory') return;
    for (const name of this.#from.list(path)) await this.copy(childOf(path, name));
  }

  #imageEntry(path: RootPath, entry: Entry): ImageEntry {
    const { mode, uid, gid, mtime, xattrs, size, target = '' } = entry;
    const attributes = { mode, uid, gid, mtime, xattrs, acls: [] };
    const rest = { path, size, target, extents: null, linkTo: this.#firstName(path, entry) ?? '/' };
    const isLink = rest.linkTo !== '/';
    const device = entry.type === 'whiteout' ? { major: 0, minor: 0 } : (entry.device ?? null);
    return { ...attributes, ...rest, device, type: isLink ? 'link' : typeOf(entry) };
  }

  /** Where the file has been met before, under another name. */
  #firstName(path: RootPath, { type, inode }: Entry): RootPath | null {
    if (type === 'directory' || inode.links < 2) return null;
    const key = `${inode.device}:${inode.number}`;
    const first = this.#linked.get(key);
    if (first === undefined) this.#linked.set(key, path);
    return first ?? null;
  }
}

function typeOf({ type }: Entry): ImageEntry['type'] {
  if (type === 'whiteout') return 'character';
  if (type === 'socket') throw new TypeError('Sockets are not copied');
  return type;
}
