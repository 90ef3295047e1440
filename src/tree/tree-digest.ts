import type { ByteString } from '../domain/bytes.ts';
import type { Entry } from '../domain/entry.ts';
import { identifyingXattrs } from '../domain/identity.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { RunningDigest, Streams } from '../system/streams.ts';
import { inodeKey } from './boundary.ts';

/** What the digest is of; another way to write an entry down gets another number. */
const schema = 'migrate.tree/1';

/** A digest of all that a tree holds. */
export type DigestedTree = {
  /** `migrate.tree/1 sha256:…`: equal where the trees are. */
  readonly digest: string;
  readonly entries: number;
  /** Bytes of all files, holes included; each file once, however many names it has. */
  readonly bytes: number;
  /** The sockets that were left out. */
  readonly leftOut: readonly RootPath[];
};

export type DigestOptions = {
  /** As an archive of the tree holds it: without sockets, and as if no file had flags. */
  readonly archived?: boolean;
  readonly streams: Pick<Streams, 'digest' | 'turn'>;
  /** Throws where it is to stop; hears of what is done so far. */
  readonly onProgress: (done: Pick<DigestedTree, 'entries' | 'bytes'>) => void;
};

/** Entries between two turns in which signals are heard. */
const entriesOfTurn = 256;

/**
 * The digest of a tree: names, types, modes, owners, extended attributes, flags, targets, devices, contents, and which
 * names are of one file. Times are not in it, nor is the SELinux label, which a kernel shows for files that have none.
 * Does not depend on the order in which directories are read; each file is read once.
 */
export async function treeDigest(files: Files, options: DigestOptions): Promise<DigestedTree> {
  const walk = new Digesting(files, options);
  await walk.add('/');
  return walk.end();
}

class Digesting {
  readonly #files: Files;
  readonly #options: DigestOptions;
  readonly #digest: RunningDigest;
  /** The first name of each file that has several. */
  readonly #names = new Map<string, RootPath>();
  readonly #leftOut: RootPath[] = [];
  #entries = 0;
  #bytes = 0;

  constructor(files: Files, options: DigestOptions) {
    this.#files = files;
    this.#options = options;
    this.#digest = options.streams.digest('sha256');
    this.#write([schema]);
  }

  async add(path: RootPath): Promise<void> {
    const entry = this.#files.entry(path);
    if (entry === null) return;
    await this.#count();
    if (this.#isArchived && entry.type === 'socket') {
      this.#leftOut.push(path);
      return;
    }
    const first = this.#firstName(path, entry);
    if (first === null) this.#write([path, ...this.#fieldsOf(path, entry)]);
    else this.#write([path, 'link', first]);
    if (entry.type !== 'directory') return;
    for (const name of this.#files.list(path)) await this.add(childOf(path, name));
  }

  end(): DigestedTree {
    const hex = Array.from(this.#digest.end(), (byte) => byte.charCodeAt(0).toString(16).padStart(2, '0')).join('');
    return { digest: `${schema} sha256:${hex}`, entries: this.#entries, bytes: this.#bytes, leftOut: this.#leftOut };
  }

  get #isArchived(): boolean {
    return this.#options.archived === true;
  }

  async #count(): Promise<void> {
    this.#entries += 1;
    if (this.#entries % entriesOfTurn !== 0) return;
    await this.#options.streams.turn();
    this.#options.onProgress({ entries: this.#entries, bytes: this.#bytes });
  }

  /** Where the file has been met before, under another name. */
  #firstName(path: RootPath, entry: Entry): RootPath | null {
    if (entry.type === 'directory' || entry.inode.links < 2) return null;
    const first = this.#names.get(inodeKey(entry));
    if (first === undefined) this.#names.set(inodeKey(entry), path);
    return first ?? null;
  }

  #fieldsOf(path: RootPath, entry: Entry): ByteString[] {
    const { type, mode, uid, gid, flags, target = '', device, xattrs } = entry;
    const numbers = [mode, uid, gid, this.#isArchived ? 0 : flags, device?.major ?? 0, device?.minor ?? 0].join(' ');
    const attributes = identifyingXattrs(xattrs).flatMap(({ name, value }) => [name, value]);
    return [type, numbers, target, this.#contentOf(path, entry), ...attributes];
  }

  #contentOf(path: RootPath, { type, size }: Entry): ByteString {
    if (type !== 'file') return '';
    this.#bytes += size;
    return size === 0 ? 'empty' : this.#files.digest(path);
  }

  /** Every field with its length before it, and their number before all: no two entries are written alike. */
  #write(fields: readonly ByteString[]): void {
    const text = fields.map((field) => `${field.length}:${field}`).join('');
    this.#digest.update(Buffer.from(`${fields.length};${text}`, 'latin1'));
  }
}
