import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Place } from '../../src/domain/volume.ts';
import type { Backend, BackendKind, NativeStream, NativeStreams } from '../../src/storage/backend.ts';
import type { ByteStream } from '../../src/system/streams.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { FilesystemKind } from '../system/loop-filesystem.ts';
import { branch, contentOf, makeImage, type Store, sidecarOf, tag, using, withStore } from './objects.ts';

const { signal } = new AbortController();

/** What every kind of storage promises that has streams of its own; the store that receives is on another filesystem. */
export function testStreams(kind: BackendKind, filesystem: FilesystemKind): void {
  for (const [promise, run] of Object.entries(promises)) {
    test(`${kind.name} on ${filesystem}: ${promise}`, () =>
      withStore(kind, filesystem, (here) => withStore(kind, filesystem, (there) => run(here, there))));
  }
}

const promises: Readonly<Record<string, (here: Store, there: Store) => Promise<void>>> = {
  'what is received is what was sent, whole or on top of what was sent before': async (here, there) => {
    makeHistory(here.backend);
    await pass(here, there, tag('image'), null);
    await pass(here, there, tag('next'), tag('image'));
    for (const place of [tag('image'), tag('next')]) assertSame(there.backend, here.backend, place);
    assert.deepEqual(
      there.open().list(),
      [tag('image'), tag('next')].map((place) => ({ place, sidecar: sidecarOf(`received ${place.name}`) })),
    );
    assert.deepEqual(remains(there), []);
    assert.throws(
      () => there.backend.withContent(tag('next'), { writable: true }, (at) => writeFileSync(join(at, 'new'), '')),
      { code: 'EROFS' },
    );
  },

  'what was received is sent on and back, on top of what the other end made itself': async (here, there) => {
    makeHistory(here.backend);
    await pass(here, there, tag('image'), null);
    there.backend.snapshot(tag('image'), branch('work'), '');
    using(there.backend, branch('work'), (_files, directory) => writeFileSync(join(directory, 'made-there'), 'x'));
    there.backend.snapshot(branch('work'), tag('back'), '');
    await pass(there, here, tag('back'), tag('image'));
    assertSame(here.backend, there.backend, tag('back'));
    here.backend.remove(tag('next'));
    await pass(there, here, tag('image'), null, tag('again'));
    assertSame(here.backend, there.backend, tag('again'), tag('image'));
  },

  'what builds on something else than there is is refused, and nothing is left': async (here, there) => {
    makeHistory(here.backend);
    await assert.rejects(pass(here, there, tag('next'), tag('image')), { code: 'parent-missing' });
    assertEmpty(there);
  },

  'a stream that is cut off, or of something else, is refused, and nothing is left': async (here, there) => {
    makeHistory(here.backend);
    const whole = await bytesOf(send(here, tag('image'), null).bytes);
    const { proof } = send(here, tag('image'), null);
    const cases: readonly (readonly [Uint8Array, string])[] = [
      [whole.subarray(0, 0), proof],
      [whole.subarray(0, 100), proof],
      [whole.subarray(0, whole.length - 1), proof],
      [whole.subarray(0, whole.length - 10), proof],
      [changed(whole, whole.length >> 1), proof],
      [Buffer.concat([whole, whole]), proof],
      [Buffer.from('no stream at all'), proof],
      [whole, '0123456789abcdef'.repeat(2)],
    ];
    for (const [bytes, of] of cases) {
      const stream = { ...send(here, tag('image'), null), proof: of, bytes: streamOf(bytes) };
      await assert.rejects(receive(there, tag('image'), stream, null), { code: 'stream-damaged' }, `${bytes.length}`);
      assertEmpty(there);
    }
    await receive(there, tag('image'), { ...send(here, tag('image'), null), bytes: streamOf(whole) }, null);
    assertSame(there.backend, here.backend, tag('image'));
  },

  'what fails while it is read fails the receiving, and nothing is left': async (here, there) => {
    makeHistory(here.backend);
    const stream = send(here, tag('image'), null);
    async function* failing(): ByteStream {
      const [first] = [await bytesOf(stream.bytes)];
      yield first.subarray(0, 500);
      throw new RangeError('the connection is cut');
    }
    await assert.rejects(receive(there, tag('image'), { ...stream, bytes: failing() }, null), RangeError);
    assertEmpty(there);
  },

  'a place that is taken is left as it is': async (here, there) => {
    makeHistory(here.backend);
    await pass(here, there, tag('image'), null);
    const before = contentOf(there.backend, tag('image'));
    await assert.rejects(pass(here, there, tag('next'), tag('image'), tag('image')), { code: 'exists' });
    assert.deepEqual(describeDifferences(contentOf(there.backend, tag('image')), before, new Set()), []);
    assert.equal(there.backend.list().length, 1);
  },

  'sending and receiving that are stopped leave nothing': async (here, there) => {
    makeHistory(here.backend);
    const controller = new AbortController();
    const { bytes, ...stream } = native(here).send(tag('image'), { parent: null, signal });
    async function* stopping(): ByteStream {
      for await (const piece of bytes) {
        yield piece.subarray(0, 400);
        controller.abort(new RangeError('stopped'));
        yield piece.subarray(400);
      }
    }
    const options = { parent: null, sidecar: '', signal: controller.signal };
    await assert.rejects(native(there).receive(tag('image'), { ...stream, bytes: stopping() }, options), /stopped/);
    assertEmpty(there);
  },

  'what is not there is not sent': async (here) => {
    assert.throws(() => send(here, tag('gone'), null), { code: 'no-object' });
    makeHistory(here.backend);
    assert.throws(() => send(here, tag('next'), tag('gone')), { code: 'no-object' });
    await assert.rejects(bytesOf(send(here, tag('next'), branch('image')).bytes), { code: 'command' });
  },
};

function native({ backend }: Store): NativeStreams {
  assert.ok(backend.native !== null);
  assert.ok(backend.capabilities.streams.length > 0);
  return backend.native;
}

function send(from: Store, place: Place, parent: Place | null): NativeStream {
  return native(from).send(place, { parent, signal });
}

function receive(to: Store, place: Place, stream: NativeStream, parent: Place | null): Promise<void> {
  return native(to).receive(place, stream, { parent, sidecar: sidecarOf(`received ${place.name}`), signal });
}

async function pass(from: Store, to: Store, place: Place, parent: Place | null, as = place): Promise<void> {
  await receive(to, as, send(from, place, parent), parent);
}

/** `image`, and `next`, in which files were changed, removed, renamed, linked and given attributes. */
function makeHistory(backend: Backend): void {
  makeImage(backend);
  using(backend, branch('image'), (files, directory) => {
    const script =
      'echo more >> a; rm -r etc/d; mv b moved; ln moved linked; ln -s a soft; mkfifo pipe; truncate -s 1M holes';
    execFileSync('sh', ['-c', script], { cwd: directory });
    files.setXattr('/moved', 'user.binary', 'nul\0\xff');
    files.setOwner('/linked', 7, 8);
    files.setMode('/a', 0o4755);
  });
  backend.snapshot(branch('image'), tag('next'), '');
}

function assertSame(a: Backend, b: Backend, place: Place, other = place): void {
  assert.deepEqual(describeDifferences(contentOf(a, place), contentOf(b, other), new Set()), [], place.name);
}

function assertEmpty(store: Store): void {
  assert.deepEqual(store.open().list(), []);
  assert.deepEqual(remains(store), []);
}

/** What streams leave while they are received. */
function remains({ directory }: Store): string[] {
  const places = ['data/tags', '.receiving'].map((name) => join(directory, 'volumes', name));
  return places
    .filter((path) => existsSync(path))
    .flatMap((path) => readdirSync(path))
    .filter((name) => !['image', 'next', 'image.json', 'next.json'].includes(name));
}

async function bytesOf(stream: ByteStream): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function* streamOf(bytes: Uint8Array): ByteStream {
  for (let at = 0; at < bytes.length; at += 1000) yield await Promise.resolve(bytes.subarray(at, at + 1000));
}

function changed(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}
