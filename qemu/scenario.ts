import type { Suite } from './images.ts';
import type { InitramfsKind } from './initramfs.ts';

/**
 * Commands and what they must print (white space at the ends apart; an expression must match). A command that fails
 * prints its error, so an expectation on output covers the status too.
 */
export type Expectations = Readonly<Record<string, string | RegExp>>;

/** One way to start the machine, as a loader's menu has it. */
export type Entry = {
  /** Whose kernel and initramfs. */
  readonly system: 'old' | 'new';
  readonly initramfs: InitramfsKind;
  /** Whether the second initrd with the binary is loaded too. */
  readonly binary?: true;
  readonly cmdline: string;
  /** Units that machines of the tests leave out, as they take long, and that this one runs. */
  readonly unmasked?: readonly string[];
};

/** What is done at the serial console while the machine runs: wait for a text, type one, or cut the power. */
export type Step =
  | { readonly wait: RegExp; readonly seconds?: number }
  | { readonly type: string }
  /** Types again every few seconds until the console shows it: a prompt is there before what reads the answer. */
  | { readonly type: string; readonly until: RegExp }
  | { readonly pause: number }
  | 'cut-power';

/** One time the power is on: from start to poweroff, or to a reset where no loader is there to start again. */
export type Boot = {
  /**
   * Name of an entry of the scenario, with a loader the one-shot choice. `next` is what the store says of the next boot
   * (`migrate entry`), and `version:ID` what it says of a version (`migrate entry ID`). `loader` is whatever the product's own
   * menu starts.
   */
  readonly entry: string;
  /** Words of the kernel command line besides those of the entry of a store, as a loader adds them. */
  readonly words?: readonly string[];
  readonly steps?: readonly Step[];
  /** `report`: the system comes up, answers and powers off. `off`: it goes off or resets by itself. `cut`: a step cuts the power. */
  readonly ends: 'report' | 'off' | 'cut';
  /** The kernels that start, in their order; one match each. */
  readonly kernels?: readonly RegExp[];
  /** What the serial console must show, and what it must not. */
  readonly console?: { readonly shows?: readonly RegExp[]; readonly lacks?: readonly RegExp[] };
  /** Commands that the booted system runs. */
  readonly report?: Expectations;
  /** A kernel panic is part of the scenario. */
  readonly panics?: true;
  /** Default 300. */
  readonly limitSeconds?: number;
  /** Commands on the host when the machine is off, in a directory with each disk mounted read-only under its name. */
  readonly disks?: Expectations;
  /** Left out of `npm test`, with the boots after it. */
  readonly fullOnly?: true;
};

/** A promise of the product, and the boots that show it. */
export type Scenario = {
  readonly name: string;
  /** One sentence. */
  readonly promise: string;
  /** Numbers of the cases that it shows. */
  readonly cases?: readonly number[];
  /**
   * `btrfs`: one disk with the label ROOT: `@images/<suite>` read-only, `@v1` the old root, `@data`, `@early`.
   * `ext4`: disks with the labels V1 (old root), V2-new (new image), BASE (old image), DATA. `xfs`: the same with the new
   * image on xfs. `store`: the disk of `btrfs`, its machine put into a store by `migrate init`. The images are in it by the
   * names of their suites, and `next`, which is the new one with `newChanges`; the new one is staged. `store-ext4`,
   * `store-xfs`: the same on one such filesystem with the label ROOT, and the disk DATA. `store-lvm`: the same with the root on a thin volume,
   * whose image has LVM's programs; what `migrate entry` says is on a disk of its own, with the files.
   * `store-zfs`: the same on a dataset of ZFS.
   */
  readonly layout: 'btrfs' | 'ext4' | 'xfs' | 'store' | 'store-ext4' | 'store-xfs' | 'store-lvm' | 'store-zfs';
  /**
   * `none`: QEMU loads kernel and initramfs. `grub`: BIOS and GRUB do; `next_entry` is one-shot, the entry `old` the default.
   * `migrate`: they do by the menu that `migrate loader set` has written on the disk `boot`; of the layout `store`.
   * `systemd-boot`: it does, from the disk `esp`, once a boot of the machine has had `migrate loader set` write there; likewise.
   */
  readonly loader: 'none' | 'grub' | 'migrate' | 'systemd-boot';
  /** Whether EFI starts GRUB, from a disk `esp` besides; it starts systemd-boot anyway. */
  readonly firmware?: 'uefi';
  /** What the disk `boot` has come to have since its loader was set; ext4 where nothing is named. */
  readonly bootFilesystem?: 'btrfs';
  /** Whether the machine has a watchdog. */
  readonly watchdog?: true;
  /** Whether the machine has a network, with a server for addresses. */
  readonly network?: true;
  readonly oldImage: Suite;
  readonly newImage: Suite;
  /** What the operator did on the old machine: a script for sh -eu that runs in its root. */
  readonly oldChanges?: string;
  /** What the vendor changed in the new image: the same in its root. On btrfs the result is `@images/new`. */
  readonly newChanges?: string;
  /** Whether scripts find `migrate_hello.ko`, built for the old image's kernel, in /run/files. */
  readonly outOfTreeModule?: true;
  /** A script for sh -eu that runs on the host, in a directory with each disk mounted under its name, last of all. */
  readonly diskChanges?: string;
  readonly entries: Readonly<Record<string, Entry>>;
  /** The initramfs of the images of `store-ext4` and `store-xfs`; `migrate` where none is named. */
  readonly storeInitramfs?: InitramfsKind;
  readonly boots: readonly Boot[];
  /** A negative control: one of its assertions must fail. */
  readonly mustFail?: true;
  /** Left out of `npm test`. */
  readonly fullOnly?: true;
};
