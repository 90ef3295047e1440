import { bytesOfText } from '../../../src/domain/bytes.ts';
import type { Plan } from '../../../src/domain/plan.ts';
import { migrateAtBoot } from '../../../src/flows/migrate-at-boot.ts';
import { previewAtBoot } from '../../../src/flows/preview-at-boot.ts';
import type { Preview } from '../../../src/flows/preview-migration.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { btrfsChanges } from '../../../src/storage/btrfs/change-source.ts';
import { btrfsNewRoot } from '../../../src/storage/btrfs/new-root.ts';
import type { StorageKinds } from '../../../src/storage/storage-kinds.ts';
import type { System } from '../../../src/system/system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { inInitramfs, type Machine } from './machine.ts';

/** What a machine on btrfs works on. */
export const storage: StorageKinds = { newRoots: [btrfsNewRoot], changeSources: [btrfsChanges], storeKinds };

/** What a boot said, and the plan that it went by. */
export type Booted = { readonly messages: readonly string[]; readonly plan: Plan | null };

/** The boot that makes a version, by the command line that its entry has; `line` is that of an earlier look. */
export async function boot(machine: Machine, id: string, through?: System, line?: string): Promise<Booted> {
  const messages: string[] = [];
  let made: Plan | null = null;
  await migrateAtBoot(bootSystem(machine, line ?? lineOf(machine, id), through), storage, {
    onMessage: (message) => messages.push(message),
    onProgress: () => undefined,
    onPlan: (plan) => {
      made = plan;
    },
  });
  return { messages, plan: made };
}

/** What that boot would show of the migration before it. */
export function preview(machine: Machine, id: string): Promise<Preview> {
  return previewAtBoot(bootSystem(machine, lineOf(machine, id)), storage, {
    diffs: false,
    onProgress: () => undefined,
  });
}

/** Stages a version of an image, boots it and has it proven good. */
export async function goTo(machine: Machine, image: string, parent: string): Promise<Booted & { id: string }> {
  const { version, waiting } = machine.stage({ image, parent, changeSources: [btrfsChanges] });
  if (waiting.length > 0) throw new TypeError(`These wait: ${waiting.map(({ key }) => key).join(', ')}`);
  const booted = await boot(machine, version.id);
  markGood(machine.place, version.id);
  return { ...booted, id: version.id };
}

/** The kernel command line by which a version is booted. */
export function lineOf(machine: Machine, id: string): string {
  // The loop device of a test has no link to it in /dev/disk.
  return bootEntry(machine.place, id).commandLine.replaceAll(/UUID=[0-9a-f-]+/g, machine.device);
}

/** The system of an initramfs that was started with that command line. */
export function bootSystem(machine: Machine, line: string, through?: System): System {
  const initramfs = inInitramfs(machine, through);
  const readFile = (path: string): string =>
    path === '/proc/cmdline' ? bytesOfText(`${line}\n`) : initramfs.readFile(path);
  return { ...initramfs, readFile };
}
