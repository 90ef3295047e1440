import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend } from '../../src/storage/backend.ts';
import { Killed } from '../apply/interruption.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';
import { dyingSystem } from './dying-system.ts';
import {
  branch,
  contentOf,
  makeImage,
  type Store,
  sidecarOf,
  type TestedKind,
  tag,
  using,
  withStore,
} from './objects.ts';

/** Something that is done to one object of a store with `image`, a tag, and `work`, a branch of it with changes. */
type Operation = {
  readonly place: Place;
  readonly run: (backend: Backend) => void;
  /** What the object holds afterwards; null where it is gone. */
  readonly like: Place | null;
};

const [image, work, done] = [tag('image'), branch('work'), branch('done')];
const sidecar = sidecarOf('new');

const operations: Readonly<Record<string, Operation>> = {
  'making a branch': { place: done, run: (backend) => backend.create(done, sidecar), like: branch('empty') },
  'taking a tag of a branch': {
    place: tag('done'),
    run: (backend) => backend.snapshot(work, tag('done'), sidecar),
    like: work,
  },
  'a branch of a tag': { place: done, run: (backend) => backend.snapshot(image, done, sidecar), like: image },
  'a branch of a branch': { place: done, run: (backend) => backend.snapshot(work, done, sidecar), like: work },
  'removing a branch': { place: branch('image'), run: (backend) => backend.remove(branch('image')), like: null },
  'removing a tag': { place: tag('other'), run: (backend) => backend.remove(tag('other')), like: null },
};

/** `MIGRATE_KILLS=all` kills at every step; else in a pool, where everything takes longer, at some. */
const every = process.env['MIGRATE_KILLS'] === 'all';

/** That a program may be killed before every single call that changes something. */
export function testKilled(kind: TestedKind, filesystem: FilesystemKind): void {
  for (const [name, operation] of Object.entries(operations)) {
    test(`${kind.name} on ${filesystem}: killed at every step of ${name}, it is not there or whole, and is done again`, async (t) => {
      let steps = 0;
      await withStore(kind, filesystem, (store) => {
        while (isKilled(store, operation, steps + 1)) steps += store.pool === null || every ? 1 : 5;
      });
      assert.ok(steps >= 3, `${steps} steps`);
      t.diagnostic(`${steps} steps`);
    });
  }
}

/** Does it in a store of its own, and checks what is left and that it can be done again; false where it got to its end. */
function isKilled(store: Store, { place, run, like }: Operation, at: number): boolean {
  const { backend, open } = store;
  const contents = prepare(backend);
  const wasKilled = dies(() => run(open(dyingSystem(at))));
  const left = open();
  const found = left.list().find((object) => sameName(object.place, place));
  if (found !== undefined && found.sidecar !== null) {
    assert.equal(found.sidecar, like === null ? sidecarOf(place.name) : sidecar, `whole at step ${at}`);
    check(left, contents, place, like ?? place, at);
  }
  for (const untouched of contents.keys()) {
    if (!sameName(untouched, place)) check(left, contents, untouched, untouched, at);
  }
  left.remove(place);
  assert.ok(!left.list().some((object) => sameName(object.place, place)), `removed at step ${at}`);
  run(left);
  if (like !== null) check(left, contents, place, like, at);
  for (const object of left.list()) left.remove(object.place);
  assert.deepEqual(remains(store), [], `nothing is left at step ${at}`);
  return wasKilled;
}

function prepare(backend: Backend): ReadonlyMap<Place, TreeNode> {
  makeImage(backend);
  backend.snapshot(image, work, '');
  using(backend, work, (_files, directory) => {
    writeFileSync(join(directory, 'added'), 'added\n');
    execFileSync('rm', ['-r', join(directory, 'etc/d')]);
  });
  backend.snapshot(work, tag('other'), sidecarOf('other'));
  using(backend, work, (_files, directory) => writeFileSync(join(directory, 'etc/late'), 'late\n'));
  backend.create(branch('empty'), '');
  return new Map(backend.list().map(({ place }) => [place, contentOf(backend, place)]));
}

function check(backend: Backend, contents: ReadonlyMap<Place, TreeNode>, place: Place, like: Place, at: number): void {
  const expected = [...contents].find(([one]) => sameName(one, like))?.[1];
  assert.ok(expected !== undefined);
  // A new directory has a time of its own.
  const timeless = new Set(like.name === 'empty' && place.name !== 'empty' ? ['/'] : []);
  const differences = describeDifferences(contentOf(backend, place), expected, timeless);
  assert.deepEqual(differences, [], `${place.kind} ${place.name} at step ${at}`);
}

function dies(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    if (error instanceof Killed) return true;
    throw error;
  }
}

/** What the store still holds when no object is left. */
function remains({ directory, pool }: Store): string[] {
  const volumes = join(directory, 'volumes');
  const places = ['data/tags', 'data/branches', '.layers'].map((name) => join(volumes, name));
  const files = places.filter((path) => existsSync(path)).flatMap((path) => readdirSync(path));
  return [...files, ...(pool?.natives() ?? [])];
}

function sameName(a: Place, b: Place): boolean {
  return a.kind === b.kind && a.name === b.name;
}
