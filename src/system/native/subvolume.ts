import { closeSync, openSync, readdirSync } from 'node:fs';
import type { ByteString } from '../../domain/bytes.ts';
import type { InodeName, InodeRecord, NamedInode, Subvolume, SubvolumeIdentity } from '../subvolume.ts';
import { inodesOfOthers } from './inodes-of-others.ts';
import { native } from './libc.ts';
import { btrfsRequests, openFlags } from './linux.ts';
import { writtenTo } from './memory-file.ts';
import { nameHash } from './name-hash.ts';
import { checked, guarded } from './place.ts';
import { namedInodes, nestedName, recordOf, rootIdentity, uuidKey } from './subvolume-items.ts';
import { itemTypes, longAt, TreeSearch, trees } from './tree-search.ts';

/** linux/btrfs.h: BTRFS_SUBVOL_RDONLY, BTRFS_SEND_FLAG_NO_FILE_DATA; the structures below are of that file too. */
const readOnly = 2n;
const noFileData = 1n;
const volumeArguments = { size: 4096, name: 8, nameOfV2: 56, flagsOfV2: 16 } as const;

/** A subvolume by the descriptor of its root directory, open for reading. */
export class NativeSubvolume implements Subvolume {
  readonly identity: SubvolumeIdentity;
  readonly #descriptor: number;
  readonly #path: ByteString;
  readonly #search: TreeSearch;
  /** What has to stay open as long as the directory. */
  readonly #mount: number | null;

  private constructor(descriptor: number, path: ByteString, mount: number | null) {
    this.#descriptor = descriptor;
    this.#path = path;
    this.#mount = mount;
    this.#search = new TreeSearch(descriptor, path);
    this.identity = this.#identityOfId(this.#ownId());
  }

  /** Takes over the descriptors, and closes them where it fails. */
  static takeOver(descriptor: number, path: ByteString, mount: number | null = null): NativeSubvolume {
    try {
      return new NativeSubvolume(descriptor, path, mount);
    } catch (error) {
      closeSync(descriptor);
      if (mount !== null) closeSync(mount);
      throw error;
    }
  }

  identityOf(uuid: string): SubvolumeIdentity | null {
    const { object, offset } = uuidKey(uuid);
    const range = { tree: trees.uuids, object, types: [itemTypes.uuid, itemTypes.uuid], offset } as const;
    const [found] = this.#search.items(range);
    return found === undefined ? null : this.#identityOfId(longAt(found.data, 0));
  }

  inode(number: number, { isDirectory }: { readonly isDirectory: boolean }): InodeRecord | null {
    // Between the attributes and the extents come the names in a directory, of which there may be very many.
    const types = [itemTypes.inode, isDirectory ? itemTypes.xattr : itemTypes.extent] as const;
    return recordOf(this.#search.items({ tree: trees.own, object: number, types }));
  }

  find({ directory, name }: InodeName): NamedInode | null {
    const types = [itemTypes.entry, itemTypes.entry] as const;
    const offset = nameHash(name);
    const items = this.#search.items({ tree: trees.own, object: directory, types, offset });
    // Names of one hash share an item.
    return items.flatMap(namedInodes).find((found) => found.name === name) ?? null;
  }

  names(directory: number): NamedInode[] {
    const types = [itemTypes.entryInOrder, itemTypes.entryInOrder] as const;
    return this.#search.items({ tree: trees.own, object: directory, types }).flatMap(namedInodes);
  }

  nested(): InodeName[] {
    const types = [itemTypes.nested, itemTypes.nested] as const;
    return this.#search.items({ tree: trees.roots, object: this.identity.id, types }).map(nestedName);
  }

  inodesOfOthers(): number[] {
    return inodesOfOthers(this.#search);
  }

  streamSince(parent: number): Iterable<Uint8Array> {
    return writtenTo(this.#path, (into) => {
      // struct btrfs_ioctl_send_args: send_fd, count of clone sources, their array, parent_root, flags.
      const bytes = Buffer.alloc(72);
      bytes.writeBigInt64LE(BigInt(into), 0);
      bytes.writeBigUInt64LE(BigInt(parent), 24);
      bytes.writeBigUInt64LE(noFileData, 32);
      this.#request('send', bytes, 'BTRFS_IOC_SEND');
    });
  }

  list(): ByteString[] {
    return guarded('readdir', this.#path, () =>
      readdirSync(`/proc/self/fd/${this.#descriptor}`, { encoding: 'latin1' }),
    );
  }

  open(name: ByteString): Subvolume {
    const path = `${this.#path}/${name}`;
    const from = Buffer.from(`/proc/self/fd/${this.#descriptor}/${name}`, 'latin1');
    return NativeSubvolume.takeOver(
      guarded('open', path, () => openSync(from, openFlags.root)),
      path,
    );
  }

  makeSnapshot(source: Subvolume, name: ByteString): void {
    if (!(source instanceof NativeSubvolume)) throw new TypeError('Subvolumes of two kinds cannot be combined');
    // struct btrfs_ioctl_vol_args_v2.
    const bytes = Buffer.alloc(volumeArguments.size);
    bytes.writeBigInt64LE(BigInt(source.#descriptor), 0);
    bytes.writeBigUInt64LE(readOnly, volumeArguments.flagsOfV2);
    bytes.write(name, volumeArguments.nameOfV2, 'latin1');
    this.#request('makeSnapshot', bytes, 'BTRFS_IOC_SNAP_CREATE_V2');
  }

  remove(name: ByteString): void {
    // struct btrfs_ioctl_vol_args.
    const bytes = Buffer.alloc(volumeArguments.size);
    bytes.write(name, volumeArguments.name, 'latin1');
    this.#request('removeSubvolume', bytes, 'BTRFS_IOC_SNAP_DESTROY');
  }

  close(): void {
    closeSync(this.#descriptor);
    if (this.#mount !== null) closeSync(this.#mount);
  }

  #ownId(): number {
    // struct btrfs_ioctl_get_subvol_info_args begins with the id.
    const bytes = Buffer.alloc(504);
    this.#request('subvolumeInfo', bytes, 'BTRFS_IOC_GET_SUBVOL_INFO');
    return longAt(bytes, 0);
  }

  #identityOfId(id: number): SubvolumeIdentity {
    const range = { tree: trees.roots, object: id, types: [itemTypes.root, itemTypes.root] } as const;
    return rootIdentity(id, this.#search.items(range), this.#path);
  }

  #request(request: keyof typeof btrfsRequests, bytes: Buffer, name: string): void {
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
    checked(native().libc.ioctl(this.#descriptor, btrfsRequests[request], words), `ioctl(${name})`, this.#path);
  }
}
