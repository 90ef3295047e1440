import type { RootLocation } from '../domain/boot-request.ts';

/** Mounts filesystems of this machine. */
export interface Mounts {
  /** The device node of the first of these devices that is there, waiting for it. Throws Failure `device-missing` after `seconds`. */
  waitForAny(devices: readonly string[], seconds: number): string;
  /** The device node, or null where it is not there now. */
  find(device: string): string | null;
  /** Whether a device of that name is there, by udev's links or by the signatures on the disks. */
  has(device: string): boolean;
  /** Mounts a location, or with `top` the top of its btrfs filesystem, on a directory that is made for it. */
  mount(
    location: RootLocation,
    directory: string,
    options: { readonly writable: boolean; readonly top?: boolean },
  ): void;
  /** Unmounts the directory and all below it where anything is mounted there. */
  unmount(directory: string): void;
  /** The filesystem on a device, `ext4`, `btrfs` …. Throws Failure `command` where there is none. */
  filesystemOf(device: string): string;
  /** Lets a device be found as `name` (`LABEL=…`) too, until the next start of the machine. */
  alias(device: string, name: string): void;
  /** Has the device manager look at a device again, and waits until it has. */
  refresh(device: string): void;
}
