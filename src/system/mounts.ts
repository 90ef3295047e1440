import type { RootLocation } from '../domain/boot-request.ts';
import type { ByteString } from '../domain/bytes.ts';
import type { MountSource } from '../domain/mount-source.ts';

/** Directories that overlayfs makes one tree of; all of one filesystem, the topmost first. */
export type OverlayLayers = {
  /** What the mount is called: its source in /proc/self/mountinfo. */
  readonly name: ByteString;
  /** Where changes go, and an empty directory beside it for overlayfs itself; null where nothing is to be written. */
  readonly upper: { readonly directory: ByteString; readonly work: ByteString } | null;
  /** What is read only: at least one, two where nothing is written. Must not change while they are mounted. */
  readonly lower: readonly ByteString[];
};

/** Mounts filesystems of this machine. A dataset of ZFS, `zfs:…`, is a device too, and its name what stands for a node. */
export interface Mounts {
  /** The device node of the first of these devices that is there, waiting for it. Throws Failure `device-missing` after `seconds`. */
  waitForAny(devices: readonly string[], seconds: number): string;
  /** The device node, or null where it is not there now. Throws Failure `command` where ZFS cannot tell. */
  find(device: string): string | null;
  /** Whether a device of that name is there, by udev's links or by the signatures on the disks. */
  has(device: string): boolean;
  /** Mounts a location, one of layers by `mount.migrate`, or with `top` the top of its filesystem, on a directory that is made for it. */
  mount(
    location: RootLocation,
    directory: string,
    options: { readonly writable: boolean; readonly top?: boolean },
  ): void;
  /** What has a unit mount a location that is there; besides `rw` or `ro`. */
  sourceOf(location: RootLocation): MountSource;
  /** Mounts a directory at another as well, without what is mounted in it; the other is made where it is missing. */
  bind(directory: ByteString, at: string, options: { readonly writable: boolean }): void;
  /**
   * Mounts layers by overlayfs on a directory that is made where it is missing. Of the layers /proc/self/mountinfo tells
   * the upper one and the one below it. Throws SystemCallError.
   */
  overlay(layers: OverlayLayers, at: string, options: { readonly writable: boolean }): void;
  /**
   * Hands on a directory at which `mount` has mounted something, and unmounts it whatever happens; where `use` returns a
   * promise, when that is settled. What was written to a writable one is durable then.
   */
  withMounted<Result>(
    mount: (directory: string) => void,
    options: { readonly writable: boolean },
    use: (directory: string) => Result,
  ): Result;
  /** Unmounts what processes that were killed in `withMounted` have left. */
  sweep(): void;
  /** Unmounts the directory and all below it where anything is mounted there. */
  unmount(directory: string): void;
  /** The filesystem on a device, `ext4`, `btrfs` …. Throws Failure `command` where there is none. */
  filesystemOf(device: string): string;
  /** Lets a device be found by these names (`LABEL=…`, a node) too, until the next start of the machine. */
  alias(device: string, names: readonly string[]): void;
  /**
   * Writes all that a filesystem has in its journal to its final place, for a reader that replays none, as GRUB: FIFREEZE
   * and FITHAW of the filesystem that the directory is in. One without a journal (FAT) is written out. Throws SystemCallError.
   */
  checkpoint(directory: ByteString): void;
  /** Has the device manager look at a device again, and waits until it has. */
  refresh(device: string): void;
}
