import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend } from '../../src/storage/backend.ts';
import { dies } from '../apply/interruption.ts';
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
  /** Takes it back. */
  readonly undo: (backend: Backend) => void;
};

const [image, work, done] = [tag('image'), branch('work'), branch('done')];
const sidecar = sidecarOf('new');

const operations: Readonly<Record<string, Operation>> = {
  'making a branch': making(done, branch('empty'), (backend) => backend.create(done, sidecar)),
  'taking a tag of a branch': making(tag('done'), work, (backend) => backend.snapshot(work, tag('done'), sidecar)),
  'a branch of a tag': making(done, image, (backend) => backend.snapshot(image, done, sidecar)),
  'a branch of a branch': making(done, work, (backend) => backend.snapshot(work, done, sidecar)),
  'removing a branch': removing(branch('image')),
  'removing a tag': removing(tag('other')),
};

function making(place: Place, like: Place, run: Operation['run']): Operation {
  return { place, run, like, undo: (backend) => backend.remove(place) };
}

function removing(place: Place): Operation {
  const undo = (backend: Backend): void => backend.snapshot(image, place, sidecarOf(place.name));
  return { place, run: (backend) => backend.remove(place), like: null, undo };
}

/** What the objects of a store hold. */
type Contents = Map<Place, TreeNode>;

/** `MIGRATE_KILLS=all` kills at every step; else in a pool, where everything takes longer, at some. */
const every = process.env['MIGRATE_KILLS'] === 'all';

/** That a program may be killed before every single call that changes something. */
export function testKilled(kind: TestedKind, filesystem: FilesystemKind): void {
  for (const [name, operation] of Object.entries(operations)) {
    test(`${kind.name} on ${filesystem}: killed at every step of ${name}, it is not there or whole, and is done again`, async (t) => {
      let steps = 0;
      await withStore(kind, filesystem, (store) => {
        // In a pool everything takes longer: there the objects are made once.
        const prepared = store.pool === null ? null : prepareInPool(store, operation);
        while (isKilled(store, operation, prepared, steps + 1)) steps += prepared === null || every ? 1 : 5;
      });
      assert.ok(steps >= 3, `${steps} steps`);
      t.diagnostic(`${steps} steps`);
    });
  }
}

/**
 * Does it, checks what is left and that it can be done again, and takes that back; false where it got to its end. Where
 * no objects are given, they are made for this.
 */
function isKilled(store: Store, operation: Operation, prepared: Prepared | null, at: number): boolean {
  const { place, run, like } = operation;
  const { backend, open } = store;
  const contents = prepared?.contents ?? prepare(backend);
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
  if (prepared === null) for (const object of left.list()) left.remove(object.place);
  else takeBack(left, operation, contents);
  assert.equal(beyondObjects(store), prepared?.beyond ?? 0, `nothing else is left at step ${at}`);
  return wasKilled;
}

/** Objects that are made once, and what their storage has beyond them: what one rests on stays there when it is removed. */
type Prepared = { readonly contents: Contents; readonly beyond: number };

/** As an operation leaves it that nothing interrupts. */
function prepareInPool(store: Store, operation: Operation): Prepared {
  const contents = prepare(store.backend);
  operation.run(store.backend);
  takeBack(store.backend, operation, contents);
  return { contents, beyond: beyondObjects(store) };
}

/** How much more there is than each object itself and its sidecar. */
function beyondObjects(store: Store): number {
  return remains(store).length - store.open().list().length * 2;
}

/** For the next step. What was removed is made anew, and not of what it was made of. */
function takeBack(backend: Backend, { place, like, undo }: Operation, contents: Contents): void {
  undo(backend);
  if (like === null) contents.set(keyOf(contents, place), contentOf(backend, place));
}

function prepare(backend: Backend): Contents {
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

function check(backend: Backend, contents: Contents, place: Place, like: Place, at: number): void {
  const expected = contents.get(keyOf(contents, like));
  assert.ok(expected !== undefined);
  // A new directory has a time of its own.
  const timeless = new Set(like.name === 'empty' && place.name !== 'empty' ? ['/'] : []);
  const differences = describeDifferences(contentOf(backend, place), expected, timeless);
  assert.deepEqual(differences, [], `${place.kind} ${place.name} at step ${at}`);
}

function keyOf(contents: Contents, place: Place): Place {
  return [...contents.keys()].find((one) => sameName(one, place)) ?? place;
}

/** What the store and its pool hold: of each object itself and its sidecar, and nothing when no object is left. */
function remains({ directory, pool }: Store): string[] {
  const volumes = join(directory, 'volumes');
  const places = ['data/tags', 'data/branches', '.layers'].map((name) => join(volumes, name));
  const files = places.filter((path) => existsSync(path)).flatMap((path) => readdirSync(path));
  return [...files, ...(pool?.natives() ?? [])];
}

function sameName(a: Place, b: Place): boolean {
  return a.kind === b.kind && a.name === b.name;
}
