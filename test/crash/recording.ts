import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { applyMigration } from '../../src/flows/apply-migration.ts';
import type { Files } from '../../src/system/files.ts';
import type { BusyTrees } from '../apply/busy-trees.ts';
import { changing, intercept, Killed, methodOf } from '../apply/interruption.ts';
import { Sandbox, system } from '../apply/sandbox.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { timesBelow } from '../property/untouched.ts';
import { journalOf } from './commit-journal.ts';
import { type DiskFilesystem, makeImage, withDevice, withImage, withLoggedDisk } from './logged-disk.ts';
import { type Logged, readWriteLog } from './write-log.ts';

/** A migration on a disk, with all that the disk was told meanwhile. */
export type Recording = {
  /** Where the disk was and is mounted. */
  readonly mountpoint: string;
  readonly trees: BusyTrees;
  /** The disk as it was before. */
  readonly start: string;
  readonly log: string;
  readonly entries: readonly Logged[];
  /** How many entries there were when the migration said that it was done. */
  readonly doneAt: number;
  /** How many entries there were when the synchronization was left out. */
  readonly leftOutAt: number | null;
  /** The result. */
  readonly expected: TreeNode;
  /** The old root's times. */
  readonly old: readonly string[];
};

/** How a migration is recorded. */
export type RecordingOptions = {
  /** Whether the filesystem commits its journal after every change: the worst another program can do. */
  readonly restless: boolean;
  /** A synchronization is left out that follows such a call, written as `rename /from /to`. */
  readonly withoutSyncAfter?: RegExp;
  /** The first run is killed before the synchronization that follows such a call; a second one does the rest. */
  readonly killedAfter?: RegExp;
};

/** Migrates on a disk with an empty filesystem of its own and records what the disk was told. */
export async function record(
  directory: string,
  kind: DiskFilesystem,
  trees: BusyTrees,
  { restless, withoutSyncAfter, killedAfter }: RecordingOptions,
): Promise<Recording> {
  const [mountpoint, image, start] = [join(directory, 'mnt'), join(directory, 'image'), join(directory, 'start')];
  mkdirSync(mountpoint);
  makeImage(kind, image);
  const sandbox = await withImage(image, mountpoint, () => {
    const made = new Sandbox(mountpoint, trees);
    made.renew();
    return made;
  });
  copyFileSync(image, start);
  return await withLoggedDisk(directory, image, ({ disk, log }) =>
    withDevice(disk, mountpoint, () => {
      const old = timesBelow(Buffer.from(sandbox.oursDirectory));
      const commit = restless ? journalOf(kind, mountpoint) : () => undefined;
      let leftOutAt: number | null = null;
      if (killedAfter !== undefined) killBeforeSync(sandbox, killedAfter);
      sandbox.using((roots) => {
        watch(roots.theirs, commit, (previous) => {
          if (withoutSyncAfter?.test(previous) !== true) return false;
          leftOutAt = readWriteLog(log).length;
          return true;
        });
        applyMigration(system, roots, sandbox.request());
      });
      const doneAt = readWriteLog(log).length;
      const expected = sandbox.read();
      return { mountpoint, trees, start, log, doneAt, leftOutAt, expected, old };
    }),
  ).then((recorded) => ({ ...recorded, entries: readWriteLog(recorded.log) }));
}

/** Runs until the synchronization that follows such a call. */
function killBeforeSync(sandbox: Sandbox, killedAfter: RegExp): void {
  const run = (): unknown =>
    sandbox.using((roots) => {
      watch(
        roots.theirs,
        () => undefined,
        (previous) => {
          if (killedAfter.test(previous)) throw new Killed(previous);
          return false;
        },
      );
      return applyMigration(system, roots, sandbox.request());
    });
  assert.throws(run, Killed);
}

/** Runs `after` after every call that changes the root, and leaves a synchronization out where the call before it says so. */
function watch(files: Files, after: () => void, leavesOut: (previous: string) => boolean): void {
  let previous = '';
  for (const name of changing) {
    const original = methodOf(files, name);
    intercept(files, name, (args) => {
      if (name === 'syncFilesystem' && leavesOut(previous)) return undefined;
      previous = [name, ...args].join(' ');
      const value = original(args);
      after();
      return value;
    });
  }
}
