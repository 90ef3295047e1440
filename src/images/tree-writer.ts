import { displayBytes } from '../domain/bytes.ts';
import { lockingFlags, type Xattr } from '../domain/entry.ts';
import { errorCode } from '../domain/failure.ts';
import { isBelow, nameOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { type AccountNumber, encodeAcl } from './acl-text.ts';
import { ContentWriter } from './content-writer.ts';
import { imageAccounts } from './image-accounts.ts';
import type { AclText, ImageAttributes, ImageEntry } from './image-entry.ts';
import { naming, refused } from './image-failure.ts';
import type { Meter } from './limits.ts';
import { removeTree } from './remove-tree.ts';
import type { ContentReader } from './tar/read-tar.ts';

/** What is left to be set when all names are there. */
type Later = { readonly attributes: ImageAttributes; readonly flags: number };

/** Directories that nothing describes are as mkdir(1) makes them for root. */
const implied: Later = {
  attributes: { mode: 0o755, uid: 0, gid: 0, mtime: { seconds: 0, nanoseconds: 0 }, xattrs: [], acls: [] },
  flags: 0,
};

/**
 * Writes an image's entries into an empty root. Nothing follows a link: `Files` refuses that, so that nothing is written
 * elsewhere. Attributes of directories are set at the end, as what is made in them changes their times, and those of the
 * root last of all.
 */
export class TreeWriter {
  readonly files: Files;
  readonly #meter: Meter;
  /** What is set at the end, by path; every directory that was made is here. */
  readonly #directories = new Map<RootPath, Later>();
  readonly #acls = new Map<RootPath, readonly AclText[]>();
  readonly #locked: { readonly path: RootPath; readonly flags: number }[] = [];
  /** What the layer at hand has made; null where there are no layers. */
  #layer: Set<RootPath> | null = null;

  constructor(files: Files, meter: Meter) {
    this.files = files;
    this.#meter = meter;
  }

  /** From here on what is there already is of a layer below, which this one covers. */
  beginLayer(): void {
    this.#layer = new Set();
  }

  /** Whether the layer at hand has made the path or something below it. */
  isOfLayer(path: RootPath): boolean {
    return this.#layer?.has(path) === true;
  }

  /** Writes an entry; `content` is read where it is a file's. */
  async write(entry: ImageEntry, content: ContentReader): Promise<void> {
    this.#meter.addEntry();
    this.#checkAllowed(entry);
    if (entry.path === '/') {
      this.#writeRoot(entry);
      return;
    }
    this.#makeParents(entry.path);
    if (entry.type === 'file') {
      await this.#writeFile(entry, content);
      naming(entry.path, () => this.#setXattrs(entry.path, entry.xattrs));
      this.#addAcls(entry.path, entry.acls);
    } else naming(entry.path, () => this.#make(entry));
    this.#layer?.add(entry.path);
  }

  /** Copies a file of another root, with flags and all. */
  copy(entry: ImageEntry, flags: number, from: { readonly files: Files; readonly path: RootPath }): void {
    this.#meter.addEntry();
    this.#checkAllowed(entry);
    if (entry.path === '/') this.#writeRoot(entry, flags);
    else if (entry.type === 'file') this.#copyFile(entry, flags, from);
    else naming(entry.path, () => this.#make(entry, flags));
  }

  #copyFile(entry: ImageEntry, flags: number, from: { readonly files: Files; readonly path: RootPath }): void {
    const onBytes = (bytes: number): void => this.#count(bytes);
    naming(entry.path, () => {
      this.files.copyFrom(entry.path, from.files, from.path, { flags, onBytes });
      this.#setAttributes(entry.path, entry, true);
      if ((flags & lockingFlags) !== 0) this.#locked.push({ path: entry.path, flags });
    });
  }

  /** Removes what stands at the path, of whatever layer. */
  remove(path: RootPath): void {
    naming(path, () => removeTree(this.files, path));
    this.#acls.delete(path);
    if (!this.#directories.delete(path)) return;
    for (const later of [this.#directories, this.#acls]) {
      for (const below of later.keys()) if (isBelow(below, path)) later.delete(below);
    }
  }

  /** Sets what has to wait until all is there. The root, and with it the image as a whole, is done by `finishRoot`. */
  finish(): void {
    const numberOf = imageAccounts(this.files);
    for (const [path, acls] of this.#acls) this.#setAcls(path, acls, numberOf);
    // Those in a directory change nothing about it.
    for (const [path, later] of this.#directories) {
      this.#meter.checkSignal();
      if (path !== '/') naming(path, () => this.#finishDirectory(path, later, numberOf));
    }
    for (const { path, flags } of this.#locked) naming(path, () => this.files.setFlags(path, flags));
  }

  /** Gives the root its attributes. */
  finishRoot(): void {
    const later = this.#directories.get('/') ?? implied;
    const numberOf = imageAccounts(this.files);
    naming('/', () => this.#finishDirectory('/', later, numberOf));
  }

  #writeRoot(entry: ImageEntry, flags = 0): void {
    if (entry.type !== 'directory') throw refused('image-damaged', `its root is a ${entry.type}`);
    this.#directories.set('/', { attributes: entry, flags });
  }

  #checkAllowed({ path, type, device, xattrs }: ImageEntry): void {
    const isWhiteout = type === 'character' && device?.major === 0 && device.minor === 0;
    if (isWhiteout || xattrs.some(({ name }) => name.startsWith('trusted.overlay.'))) {
      throw refused('image-unsafe', `${displayBytes(path)} is a mark of overlayfs, which would hide other files`);
    }
  }

  #makeParents(path: RootPath): void {
    const parent = parentOf(path);
    if (parent === '/' || this.#directories.has(parent)) {
      if (this.#layer !== null) this.#markParents(parent);
      return;
    }
    this.#makeParents(parent);
    const type = naming(path, () => this.files.status(parent))?.type;
    if (type === 'symlink') {
      throw refused('image-unsafe', `${displayBytes(path)} leads through a symbolic link that the image itself holds`);
    }
    if (type !== undefined && type !== 'directory') {
      // A layer may put a directory where a lower one has something else, and this layer has not made that.
      if (this.#layer === null || this.isOfLayer(parent)) throw conflict(parent, type, 'directory');
      this.remove(parent);
    }
    naming(parent, () => this.files.makeDirectory(parent));
    this.#directories.set(parent, implied);
    this.#layer?.add(parent);
  }

  #markParents(directory: RootPath): void {
    for (let path = directory; path !== '/' && !this.isOfLayer(path); path = parentOf(path)) this.#layer?.add(path);
  }

  /** Takes away what an entry replaces: an earlier one of the same path, or what a lower layer has there. */
  #makeWay({ path, type, linkTo }: ImageEntry): void {
    const present = naming(path, () => this.files.status(path))?.type;
    if (present === undefined) return;
    const isReplaced = this.#layer !== null && !this.isOfLayer(path);
    if (!isReplaced && present !== (type === 'link' ? present : type)) throw conflict(path, present, type);
    if (!isReplaced && present === 'directory') throw conflict(path, present, type);
    // Whose only other name it might be.
    if (type === 'link' && linkTo === path) throw refused('image-damaged', `${displayBytes(path)} is a link to itself`);
    this.remove(path);
  }

  /** Makes what has to be new. That nothing is in its way is the rule: to look first would cost every entry a call. */
  #creating<Result>(entry: ImageEntry, make: () => Result): Result {
    try {
      return make();
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw error;
      this.#makeWay(entry);
      return make();
    }
  }

  async #writeFile(entry: ImageEntry, content: ContentReader): Promise<void> {
    const { path, size, extents } = entry;
    const file = naming(path, () => this.#creating(entry, () => this.files.createInPieces(path)));
    try {
      const writer = new ContentWriter(file, { size, extents });
      await content((bytes) => {
        this.#meter.addWritten(bytes.length);
        naming(path, () => writer.write(bytes));
      });
      naming(path, () => {
        writer.end();
        file.setAttributes(entry);
      });
    } finally {
      naming(path, () => file.close());
    }
  }

  #count(bytes: number): void {
    this.#meter.addWritten(bytes);
    this.#meter.addDone(bytes, 'unpack');
  }

  #make(entry: ImageEntry, flags = 0): void {
    const { path, type } = entry;
    switch (type) {
      case 'directory':
        if (!this.#directories.has(path)) this.#creating(entry, () => this.files.makeDirectory(path));
        this.#directories.set(path, { attributes: entry, flags });
        return;
      case 'link':
        this.#link(entry);
        return;
      case 'symlink':
        this.#creating(entry, () => this.files.makeSymlink(path, entry.target));
        break;
      case 'fifo':
      case 'character':
      case 'block':
        this.#creating(entry, () => this.files.makeNode(path, type, entry.device));
        break;
      case 'file':
        throw new TypeError('A file is not made without its content');
    }
    this.#setAttributes(path, entry, type !== 'symlink');
  }

  #link(entry: ImageEntry): void {
    const { path, linkTo } = entry;
    const type = this.files.status(linkTo)?.type;
    if (type === undefined || type === 'directory') {
      const what = type === undefined ? 'nothing that the image holds' : 'a directory';
      throw refused('image-unsafe', `${displayBytes(path)} is a hard link to ${displayBytes(linkTo)}, ${what}`);
    }
    this.#creating(entry, () => this.files.link(path, linkTo));
  }

  /** In this order: a change of owner takes setuid and capabilities away, and a change of mode that of a list's mask. */
  #setAttributes(path: RootPath, { uid, gid, mode, xattrs, acls, mtime }: ImageAttributes, hasMode: boolean): void {
    if (uid !== 0 || gid !== 0) this.files.setOwner(path, uid, gid);
    if (hasMode && mode !== 0o600) this.files.setMode(path, mode);
    this.#setXattrs(path, xattrs);
    this.#addAcls(path, acls);
    this.files.setModified(path, mtime);
  }

  #addAcls(path: RootPath, acls: readonly AclText[]): void {
    if (acls.length > 0) this.#acls.set(path, acls);
  }

  #setXattrs(path: RootPath, xattrs: readonly Xattr[]): void {
    for (const { name, value } of xattrs) this.files.setXattr(path, name, value);
  }

  #setAcls(path: RootPath, acls: readonly AclText[], numberOf: AccountNumber): void {
    for (const { xattr, text } of acls) naming(path, () => this.files.setXattr(path, xattr, encodeAcl(text, numberOf)));
  }

  #finishDirectory(path: RootPath, { attributes, flags }: Later, numberOf: AccountNumber): void {
    const { uid, gid, mode, xattrs, acls, mtime } = attributes;
    this.files.setOwner(path, uid, gid);
    this.files.setMode(path, mode);
    this.#setXattrs(path, xattrs);
    this.#setAcls(path, acls, numberOf);
    if ((flags & ~lockingFlags) !== 0) this.files.setFlags(path, flags & ~lockingFlags);
    this.files.setModified(path, mtime);
    if ((flags & lockingFlags) !== 0) this.files.setFlags(path, flags);
  }
}

function conflict(path: RootPath, present: string, wanted: string): Error {
  const name = nameOf(path) === '' ? '/' : displayBytes(path);
  return refused('image-damaged', `it holds ${name} twice, as ${present} and as ${wanted}`);
}
