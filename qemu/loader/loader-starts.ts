import type { LoaderState, Menu } from '../../src/boot/loader.ts';

/**
 * Starts of machines by a loader and a kernel that only says how it was started. No Linux runs in them but where `kernel`
 * says so: what is shown is what the loader does.
 */
export type LoaderStarts = {
  readonly name: string;
  /** One sentence. */
  readonly promise: string;
  /** Numbers of the cases that they show. */
  readonly cases?: readonly number[];
  readonly loader: 'grub' | 'systemd-boot';
  readonly firmware: 'bios' | 'uefi';
  readonly machines: readonly LoaderMachine[];
  /** Left out of `npm test`. */
  readonly fullOnly?: true;
};

/** A machine with one disk, and what happens to it in turn. */
export type LoaderMachine = {
  /** What is shown, for whoever reads of a failure. */
  readonly shows: string;
  /** By GRUB only ext4 is written to between the starts; systemd-boot reads FAT only. */
  readonly filesystem: 'ext4' | 'vfat' | 'btrfs';
  /** The loader's directory from the top of the filesystem. */
  readonly path: string;
  readonly menu: Menu;
  /** What it decides by at first. */
  readonly state: LoaderState;
  /** Whether GRUB has a configuration of its own, as a distribution makes it, with what the script of /etc/grub.d adds. */
  readonly asDistribution?: true;
  /** Whether the disk takes no writes while the machine is on. */
  readonly readOnlyDisk?: true;
  /** Changes the menu's text after it was written, as a negative control or to give the harness time. */
  readonly altered?: (menu: string) => string;
  readonly acts: readonly Act[];
};

export type Act =
  /** The power is on for these starts; each names the version, its reason, and what is asked for once. */
  | { readonly starts: readonly Start[] }
  /** The power is cut when the console shows this. */
  | { readonly cutAt: RegExp }
  /** What the system has the loader offer from now on. */
  | { readonly menu: Menu }
  /** What the system sets while it runs. */
  | { readonly write: LoaderState }
  /** What the system must read. */
  | { readonly reads: LoaderState }
  /** A script for sh -eu, in the loader's directory. */
  | { readonly sh: string };

/** `v2 try`, `v1 stable`, `v1 stable reset=config:n1`; with keys, they are typed as soon as the menu is there. */
export type Start = string | { readonly keys: string; readonly gives: string };
