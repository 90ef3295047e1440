import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { crc32c } from '../../../src/domain/crc32c.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { branch, type Store, sidecarOf, tag, using, withStore } from '../objects.ts';

/** linux/fs/btrfs/send.h: numbers of commands and attributes. */
const commands = {
  subvolume: 1,
  file: 3,
  directory: 4,
  symlink: 8,
  rename: 9,
  write: 15,
  truncate: 17,
  end: 21,
} as const;
const attributes = {
  uuid: 1,
  transaction: 2,
  inode: 3,
  size: 4,
  path: 15,
  to: 16,
  target: 17,
  offset: 18,
  data: 19,
} as const;

type Command = readonly [
  name: keyof typeof commands,
  fields: Partial<Record<keyof typeof attributes, string | bigint>>,
];

const proof = '00112233445566778899aabbccddeeff';
const begin: Command = [
  'subvolume',
  { path: 'good', uuid: Buffer.from(proof, 'hex').toString('latin1'), transaction: 7n },
];
const end: Command = ['end', {}];

test('a stream that is written by hand is received as any other', async () => {
  await withVictim(async (store) => {
    const stream = [begin, file('new'), write('new', 'content'), end] as const;
    await receive(store, stream);
    using(store.backend, tag('t'), (files) => assert.equal(files.read('/new'), 'content'));
  });
});

test('no path and no link in a stream leads out of the directory that it is carried out in', async () => {
  await withVictim(async (store) => {
    const up = '../'.repeat(20);
    const victim = join(store.directory, 'volumes/data/branches/main/victim');
    const outside = `${up}${victim.slice(1)}`;
    const streams: readonly (readonly Command[])[] = [
      [['subvolume', { ...begin[1], path: `${up}${store.directory.slice(1)}/made` }], end],
      [['subvolume', { ...begin[1], path: '/made' }], end],
      [['subvolume', { ...begin[1], path: '..' }], end],
      [begin, file(`${outside}2`), end],
      [begin, write(outside, 'overwritten'), end],
      [begin, ['truncate', { path: outside, size: 0n }], end],
      [begin, symlink('way', victim), write('way', 'overwritten'), end],
      [begin, symlink('way', '/'), write(`way${victim}`, 'overwritten'), end],
      [begin, symlink('way', '..'), symlink('on', 'way/../../..'), write(`on${victim}`, 'overwritten'), end],
      [begin, ['rename', { path: outside, to: 'stolen' }], end],
      [begin, file('bait'), ['rename', { path: 'bait', to: outside }], end],
      [begin, ['directory', { path: `${up}made`, inode: 257n }], end],
    ];
    for (const [index, stream] of streams.entries()) {
      await assert.rejects(receive(store, stream), { code: 'stream-damaged' }, `stream ${index}`);
      assert.equal(readFileSync(victim, 'latin1'), 'precious', `stream ${index}`);
      assert.deepEqual(readdirSync(store.directory), ['volumes'], `stream ${index}`);
      assert.deepEqual(readdirSync(join(store.directory, 'volumes')).sort(), ['.receiving', 'data']);
      assert.deepEqual(readdirSync(join(store.directory, 'volumes/.receiving')), [], `stream ${index}`);
      assert.deepEqual(readdirSync(join(store.directory, 'volumes/data/tags')), [], `stream ${index}`);
      assert.deepEqual(readdirSync(store.mountpoint).length, 1);
    }
    assert.deepEqual(
      store.backend.list().map(({ place }) => place),
      [branch('main')],
    );
  });
});

async function withVictim(body: (store: Store) => Promise<void>): Promise<void> {
  await withStore(btrfsBackend, 'btrfs', async (store) => {
    store.backend.create(branch('main'), sidecarOf('main'));
    using(store.backend, branch('main'), (_files, directory) => writeFileSync(join(directory, 'victim'), 'precious'));
    mkdirSync(join(store.directory, 'volumes/data/tags'));
    await body(store);
  });
}

async function receive({ backend }: Store, stream: readonly Command[]): Promise<void> {
  const { signal } = new AbortController();
  const options = { parent: null, sidecar: sidecarOf('t'), signal };
  await backend.native?.receive(tag('t'), { format: 'btrfs', proof, bytes: bytesOf(stream) }, options);
}

async function* bytesOf(stream: readonly Command[]): AsyncGenerator<Uint8Array> {
  const header = Buffer.concat([Buffer.from('btrfs-stream\0', 'latin1'), Buffer.from([1, 0, 0, 0])]);
  yield await Promise.resolve(Buffer.concat([header, ...stream.map(encode)]));
}

function encode([name, fields]: Command): Uint8Array {
  const data = Buffer.concat(
    Object.entries(fields).map(([key, value]) => encodeField(key as keyof typeof attributes, value)),
  );
  const header = Buffer.alloc(10);
  header.writeUInt32LE(data.length, 0);
  header.writeUInt16LE(commands[name], 4);
  header.writeUInt32LE(crc32c(data, crc32c(header)), 6);
  return Buffer.concat([header, data]);
}

function encodeField(key: keyof typeof attributes, value: string | bigint): Uint8Array {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : Buffer.alloc(8);
  if (typeof value === 'bigint') bytes.writeBigUInt64LE(value);
  const header = Buffer.alloc(4);
  header.writeUInt16LE(attributes[key], 0);
  header.writeUInt16LE(bytes.length, 2);
  return Buffer.concat([header, bytes]);
}

function file(path: string): Command {
  return ['file', { path, inode: 257n }];
}

function write(path: string, data: string): Command {
  return ['write', { path, offset: 0n, data }];
}

function symlink(path: string, target: string): Command {
  return ['symlink', { path, inode: 258n, target }];
}
