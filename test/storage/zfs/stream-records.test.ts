import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { before, test } from 'node:test';
import { StreamRecords } from '../../../src/storage/zfs/stream-records.ts';
import { makeDatasetOnce, makePool, propertyOf, zfs } from './test-pool.ts';

const filesystem = 'tank/streams';

before(makePool);

/** Files that bring records of every kind that zfs send has for them. */
const script = `
head -c 3000000 /dev/urandom > random
yes line | head -c 3000000 > packed
echo embedded > embedded
for n in $(seq 200); do echo $n > file-$n; done
setfattr -n user.a -v "$(printf %03000d 1)" file-1
rm file-5? file-1??
truncate -s 1G holes; echo end >> holes
`;

function withStreams(run: (streams: readonly Buffer[]) => void): void {
  const pool = makeDatasetOnce(filesystem);
  const settings = ['mountpoint=legacy', 'recordsize=1M', 'compression=lz4', 'xattr=sa'];
  zfs('zfs', ['create', ...settings.flatMap((one) => ['-o', one]), `${filesystem}/f`]);
  system(`mkdir -p /run/streams; mount -t zfs ${filesystem}/f /run/streams`);
  try {
    zfs('zfs', ['snapshot', `${filesystem}/f@empty`]);
    system(`cd /run/streams; ${script}`);
    zfs('zfs', ['snapshot', `${filesystem}/f@full`]);
    system('cd /run/streams; rm random file-2*; echo more >> embedded; truncate -s 100 packed');
    zfs('zfs', ['snapshot', `${filesystem}/f@less`]);
    const options = [['-L', '-e', '-c'], ['-L'], []];
    const pairs = [['full'], ['-i', '@empty', 'full'], ['-i', '@full', 'less']];
    run(
      options.flatMap((flags) =>
        pairs.map((pair) => {
          const args = ['send', ...flags, ...pair.slice(0, -1), `${filesystem}/f@${pair.at(-1)}`];
          return execFileSync('zfs', args, { maxBuffer: 2 ** 26 });
        }),
      ),
    );
  } finally {
    system('umount /run/streams');
    pool.clear();
  }
}

function system(command: string): void {
  execFileSync('sh', ['-ec', command]);
}

/** The objects that the tool of ZFS itself reads in a stream, by number; not those that are free. */
function told(stream: Buffer): number[] {
  const text = execFileSync('zstream', ['dump', '-v'], { input: stream, encoding: 'utf8', maxBuffer: 2 ** 26 });
  return text.split('\n').flatMap((line) => {
    const [, kind, object] = /^([A-Z_]+) (?:block for )?object = (\d+)/.exec(line) ?? [];
    return kind === undefined || kind === 'BEGIN' || kind === 'END' ? [] : [Number(object)];
  });
}

/** Reads a stream in pieces of that size. */
function read(stream: Buffer, size: number): { readonly records: StreamRecords; readonly found: readonly number[] } {
  const records = new StreamRecords();
  const found: number[] = [];
  for (let at = 0; at < stream.length; at += size) {
    assert.equal(records.isWhole, false);
    for (const object of records.read(stream.subarray(at, at + size))) found.push(object);
  }
  return { records, found };
}

test('objects are read from streams as zstream dump reads them, in pieces of any size', () => {
  withStreams((streams) => {
    const guids = ['full', 'less'].map((name) => propertyOf(`${filesystem}/f@${name}`, 'guid'));
    for (const stream of streams) {
      const expected = told(stream);
      for (const size of [stream.length > 100_000 ? 100 : 1, 311, 65_536, stream.length]) {
        const { records, found } = read(stream, size);
        assert.deepEqual(found, expected);
        assert.deepEqual([records.isWhole, records.begin?.isPlain], [true, true]);
        assert.ok(guids.includes(records.begin?.to ?? ''));
      }
    }
  });
});

test('streams of several snapshots, with properties, of volumes and in cipher are told', () => {
  const pool = makeDatasetOnce(filesystem);
  const secret = ['-o', 'encryption=on', '-o', 'keyformat=passphrase', '-o', 'mountpoint=none'];
  zfs('zfs', ['create', ...secret, `${filesystem}/secret`], 'correct horse');
  zfs('zfs', ['create', '-V', '1M', '-s', `${filesystem}/volume`]);
  zfs('zfs', ['create', '-o', 'mountpoint=none', `${filesystem}/plain`]);
  for (const name of ['secret', 'volume', 'plain']) zfs('zfs', ['snapshot', `${filesystem}/${name}@s`]);
  const isPlain = (args: readonly string[]): boolean | undefined => {
    const records = new StreamRecords();
    records.read(execFileSync('zfs', ['send', ...args]).subarray(0, 312));
    return records.begin?.isPlain;
  };
  assert.equal(isPlain([`${filesystem}/secret@s`]), true);
  assert.equal(isPlain(['-w', `${filesystem}/secret@s`]), false);
  assert.equal(isPlain([`${filesystem}/plain@s`]), true);
  for (const option of ['-p', '-R']) assert.equal(isPlain([option, `${filesystem}/plain@s`]), false);
  assert.equal(isPlain([`${filesystem}/volume@s`]), false);
  pool.clear();
});
