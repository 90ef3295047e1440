import { btrfsDisk } from './btrfs-disk.ts';
import { type Emulator, findEmulator } from './emulator.ts';
import { debianImage, debianWithLvm, type Image, kernelFile, type Suite } from './images.ts';
import { initramfsOf } from './initramfs.ts';
import { kernelModule } from './kernel-module.ts';
import { dataDisk, partitionDisk } from './partition-disk.ts';
import type { Entry, Scenario } from './scenario.ts';
import { secondInitrd } from './second-initrd.ts';
import { debianWithZfs } from './zfs-image.ts';

/** An entry with its files. */
export type ReadyEntry = { readonly kernel: string; readonly initrds: readonly string[]; readonly cmdline: string };

/** Everything that a scenario's machine is made of, built and in the cache. */
export type Material = {
  readonly emulator: Emulator;
  readonly oldImage: Image;
  readonly newImage: Image;
  /** A directory whose files the scenario's scripts find under /run/files. */
  readonly files: string | null;
  readonly entries: ReadonlyMap<string, ReadyEntry>;
};

/**
 * What every entry says besides its own words: the console that the harness reads, the report, and no timers that
 * would start work of their own in the middle of a test. The notices of the kernel (loglevel 6) are wanted.
 */
export const commonWords: readonly string[] = [
  ...['console=ttyS0', 'quiet', 'loglevel=6', 'systemd.show_status=0', 'rd.systemd.show_status=0', 'mitigations=off'],
  // Its check of the timer fails, and the kernel panics, where the machine that emulates it is busy.
  'no_timer_check',
  ...[
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
    // Minutes of work under emulation on the first start of an image.
    'ldconfig.service',
    'systemd-hwdb-update.service',
    'systemd-journal-catalog-update.service',
    // The same, and what it makes is nothing that these machines boot from.
    'migrate-initramfs.service',
  ].map((unit) => `systemd.mask=${unit}`),
  'e2e',
];

/** Builds, or takes from the cache, what the scenario needs. */
export async function gather(scenario: Scenario): Promise<Material> {
  const [emulator, oldImage, newImage] = await Promise.all([
    findEmulator(),
    imageFor(scenario, scenario.oldImage),
    imageFor(scenario, scenario.newImage),
  ]);
  const entries = new Map<string, ReadyEntry>();
  for (const [name, entry] of Object.entries(scenario.entries)) {
    entries.set(name, await readyEntry(entry, entry.system === 'old' ? oldImage : newImage));
  }
  if (scenario.layout === 'btrfs' || scenario.layout === 'store') await btrfsDisk();
  else if (scenario.layout === 'ext4' || scenario.layout === 'xfs')
    await Promise.all([partitionDisk(oldImage, 'ext4'), partitionDisk(newImage, scenario.layout), dataDisk()]);
  else await dataDisk();
  const files = scenario.outOfTreeModule === true ? (await kernelModule(oldImage)).path : null;
  return { emulator, oldImage, newImage, files, entries };
}

/** A machine on volumes of LVM, or on ZFS, needs its programs. */
function imageFor({ layout }: Scenario, suite: Suite): Promise<Image> {
  if (layout === 'store-zfs') return debianWithZfs(suite);
  return layout === 'store-lvm' ? debianWithLvm(suite) : debianImage(suite);
}

async function readyEntry(entry: Entry, image: Image): Promise<ReadyEntry> {
  const initrds = [(await initramfsOf(image, entry.initramfs)).path];
  if (entry.binary === true) initrds.push((await secondInitrd(image)).path);
  const panic = /\bpanic=/.test(entry.cmdline) ? [] : ['panic=5'];
  const unmasked = new Set(entry.unmasked?.map((unit) => `systemd.mask=${unit}`));
  const words = [...commonWords.filter((word) => !unmasked.has(word)), ...panic, entry.cmdline];
  return { kernel: kernelFile(image), initrds, cmdline: words.join(' ') };
}
