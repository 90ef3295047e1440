import { SystemCallError } from '../../domain/failure.ts';
import type { MountedFilesystem } from '../../domain/mountinfo.ts';
import type { Subvolume } from '../../system/subvolume.ts';
import type { System } from '../../system/system.ts';

/** Snapshots that are made here are called so, and then by the start of the machine and the process they are made by. */
const prefix = '.migrate-comparing.';
const ownName = /^\.migrate-comparing\.([0-9a-f-]{36})\.([0-9]+)$/;

/** The number of the top subvolume of every filesystem: a snapshot beside it would lie in it. */
const topId = 5;

/**
 * Hands on a read-only subvolume that holds what `ours` holds: itself, or else a snapshot in the top directory of the
 * filesystem that is removed afterwards. Null where neither can be had without making a filesystem writable that is not.
 * What an interrupted run has left is removed first.
 */
export function withReadOnlyView<Result>(
  system: System,
  ours: Subvolume,
  mounted: MountedFilesystem,
  use: (view: Subvolume) => Result,
): Result | null {
  if (ours.identity.readOnly) return use(ours);
  if (!mounted.writable || ours.identity.id === topId) return null;
  const top = system.subvolumes.openTop(mounted.source);
  try {
    const owner = ownerOf(system);
    removeAbandoned(system, top, owner);
    return withSnapshot(top, ours, `${prefix}${owner.boot}.${owner.process}`, use);
  } finally {
    top.close();
  }
}

function withSnapshot<Result>(top: Subvolume, ours: Subvolume, name: string, use: (view: Subvolume) => Result): Result {
  top.makeSnapshot(ours, name);
  try {
    const snapshot = top.open(name);
    try {
      return use(snapshot);
    } finally {
      snapshot.close();
    }
  } finally {
    top.remove(name);
  }
}

type Owner = { readonly boot: string; readonly process: string };

/** This process, told from every other of this and of all other starts of the machine. */
function ownerOf({ readFile }: System): Owner {
  const [process = ''] = readFile('/proc/self/stat').split(' ');
  return { boot: readFile('/proc/sys/kernel/random/boot_id').trim(), process };
}

function removeAbandoned({ exists }: System, top: Subvolume, own: Owner): void {
  for (const name of top.list()) {
    const [matched, boot, process] = ownName.exec(name) ?? [];
    if (matched === undefined) continue;
    const isAlive = boot === own.boot && process !== own.process && exists(`/proc/${process}`);
    if (!isAlive) removeIfPossible(top, name);
  }
}

/** The next run tries again. */
function removeIfPossible(top: Subvolume, name: string): void {
  try {
    top.remove(name);
  } catch (error) {
    if (!(error instanceof SystemCallError)) throw error;
  }
}
