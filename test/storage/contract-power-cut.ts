import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import type { Backend, BackendKind } from '../../src/storage/backend.ts';
import {
  type DiskFilesystem,
  makeImage as makeDisk,
  withDevice,
  withImage,
  withLoggedDisk,
} from '../crash/logged-disk.ts';
import { evenly } from '../crash/sample.ts';
import { type Logged, readWriteLog, replay } from '../crash/write-log.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { branch, contentOf, makeImage, system, tag, using } from './objects.ts';

/** Something that is done to the store in a directory. */
export type Step = (backend: Backend, directory: string) => void;

/** What is done to a store, one after the other. */
const work: readonly Step[] = [
  (backend) => backend.snapshot(tag('image'), branch('work'), 'work'),
  (backend) =>
    using(backend, branch('work'), (_files, directory) => {
      writeFileSync(join(directory, 'added'), 'added\n');
      execFileSync('rm', ['-r', join(directory, 'etc/d')]);
    }),
  (backend) => backend.snapshot(branch('work'), tag('work'), 'work@data'),
  (backend) => backend.writeSidecar(tag('work'), 'other words'),
  (backend) => backend.snapshot(branch('work'), branch('second'), 'second'),
  (backend) => backend.remove(branch('work')),
  (backend) => backend.remove(tag('image')),
];

/** The one that writes content; a moment has the number of the step that follows. */
const writing = 1;

/** The store as it was when a step was done: all that must be there from then on until the next step is done, or that step's work. */
type Moment = { readonly entries: number; readonly objects: ReadonlyMap<string, Kept> };
type Kept = { readonly sidecar: string; readonly content: TreeNode };

/**
 * That what a call has done survives a power cut right after it, and that no cut leaves what is half made with a sidecar.
 * `more` is done at the end.
 */
export function testPowerCuts(kind: BackendKind, filesystem: DiskFilesystem, more: readonly Step[] = []): void {
  test(`${kind.name} on ${filesystem}: what a call has done survives a power cut, and none leaves half of it`, async () => {
    const directory = mkdtempSync('/dev/shm/migrate-store-');
    try {
      const recorded = await record(kind, filesystem, directory, [...work, ...more]);
      await examine(kind, directory, recorded);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
}

type Recorded = { readonly entries: readonly Logged[]; readonly moments: readonly Moment[] };

async function record(
  kind: BackendKind,
  filesystem: DiskFilesystem,
  directory: string,
  steps: readonly Step[],
): Promise<Recorded> {
  const [mountpoint, disk] = [join(directory, 'mnt'), join(directory, 'image')];
  mkdirSync(mountpoint);
  makeDisk(filesystem, disk);
  await withImage(disk, mountpoint, () => {
    mkdirSync(join(mountpoint, 'store'));
    makeImage(open(kind, mountpoint));
  });
  copyFileSync(disk, join(directory, 'current'));
  const moments: Moment[] = [];
  await withLoggedDisk(directory, disk, ({ disk: device, log }) =>
    withDevice(device, mountpoint, () => {
      const backend = open(kind, mountpoint);
      moments.push({ entries: 0, objects: objectsOf(backend) });
      for (const step of steps) {
        step(backend, join(mountpoint, 'store'));
        const entries = readWriteLog(log).length;
        moments.push({ entries, objects: objectsOf(backend) });
      }
    }),
  );
  return { entries: readWriteLog(join(directory, 'log')), moments };
}

/** The last flush before each moment, and some others. */
async function examine(kind: BackendKind, directory: string, { entries, moments }: Recorded): Promise<void> {
  const flushes = entries.flatMap(({ flush }, index) => (flush ? [index + 1] : []));
  const atMoments = moments.map((moment) => flushes.findLast((flush) => flush <= moment.entries) ?? 0);
  const cuts = [...new Set([...atMoments, ...evenly(flushes, 10)])].sort((a, b) => a - b);
  const [current, image, mountpoint] = ['current', 'cut', 'mnt'].map((name) => join(directory, name)) as [
    string,
    string,
    string,
  ];
  let done = 0;
  for (const cut of cuts) {
    replay(entries.slice(done, cut), join(directory, 'log'), current);
    done = cut;
    execFileSync('cp', ['--sparse=always', current, image]);
    await withImage(image, mountpoint, () => checkCut(open(kind, mountpoint), moments, cut, flushes));
    rmSync(image);
  }
}

function checkCut(backend: Backend, moments: readonly Moment[], cut: number, flushes: readonly number[]): void {
  const found = objectsOf(backend);
  // What was done before the last flush at the latest, and what the step after it makes or removes.
  const index = moments.findLastIndex(({ entries }) => (flushes.findLast((flush) => flush <= entries) ?? 0) <= cut);
  // A step that writes content may have got anywhere with it.
  const written = index === writing ? 'branch work' : null;
  const allowed = moments.slice(index, index + 2).map(({ objects }) => objects);
  for (const name of new Set([...found.keys(), ...allowed.flatMap((objects) => [...objects.keys()])])) {
    const differences = allowed.map((objects) => differencesOf(found.get(name), objects.get(name)));
    assert.ok(
      name === written || differences.some((lines) => lines.length === 0),
      `after ${cut} entries, ${name}: ${JSON.stringify(differences)}`,
    );
  }
}

function differencesOf(found: Kept | undefined, expected: Kept | undefined): string[] {
  if (found === undefined || expected === undefined) return found === expected ? [] : ['missing on one side'];
  const text = found.sidecar === expected.sidecar ? [] : [`the sidecar is ${found.sidecar}`];
  return [...text, ...describeDifferences(found.content, expected.content, new Set())];
}

/** What is whole. */
function objectsOf(backend: Backend): ReadonlyMap<string, Kept> {
  return new Map(
    backend
      .list()
      .flatMap(({ place, sidecar }) =>
        sidecar === null ? [] : [[`${place.kind} ${place.name}`, { sidecar, content: contentOf(backend, place) }]],
      ),
  );
}

function open(kind: BackendKind, mountpoint: string): Backend {
  return kind.open(bytesOfText(join(mountpoint, 'store')), system);
}
