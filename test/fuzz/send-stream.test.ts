import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../src/domain/crc32c.ts';
import { Failure } from '../../src/domain/failure.ts';
import { changedNames } from '../../src/storage/btrfs/changed-names.ts';
import { parseSendStream, type SendCommand } from '../../src/storage/btrfs/send-stream.ts';
import { commandHeader, streamHeader } from '../../src/storage/btrfs/stream-format.ts';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { fuzz } from './fuzz.ts';

const parts = { snapshot: 2, file: 3, directory: 4, rename: 9, link: 10, unlink: 11, removeDirectory: 12, end: 21 };
const [path, to, link] = [15, 16, 17];

fuzz({
  name: 'a btrfs send stream',
  longest: 4000,
  seeds: [...(await realStreams()), made()],
  words: [
    command(parts.directory, [path, 'd']),
    command(parts.file, [path, 'd/f']),
    command(parts.rename, [path, 'd'], [to, 'e']),
    command(parts.rename, [path, 'd'], [to, 'd/d']),
    command(parts.link, [path, 'l'], [link, 'd/f']),
    command(parts.unlink, [path, 'd/f']),
    command(parts.removeDirectory, [path, 'd']),
    command(parts.end),
    attribute(path, ''),
    attribute(path, '/'),
    attribute(path, '../x'),
    '\xff\xff',
    '\0\0\0\0',
    '\x16\0',
    '\x0f\0\x01\0d',
  ],
  attempt(input) {
    checkDamaged(input);
    const bytes = Buffer.from(sealed(input), 'latin1');
    const commands = [...parseSendStream([bytes])];
    assert.deepEqual([...parseSendStream(inPieces(bytes))], commands, 'pieces do not count');
    assert.equal(commands.at(-1)?.kind, 'end');
    const { renamed, touched } = changedNames(commands);
    for (const name of [...renamed, ...touched.map((one) => one.path)]) assert.ok(name.startsWith('/'), name);
    // A name that came, went or changed its meaning is one that some command says, or lies below one.
    if (!commands.some(namesSomething)) assert.equal(renamed.size + touched.length, 0);
    return `${commands.length} ${renamed.size} ${touched.map(({ stayed }) => (stayed ? 's' : 'm')).join('')}`;
  },
});

function namesSomething({ kind }: SendCommand): boolean {
  return kind !== 'begin' && kind !== 'end';
}

/** Without checksums that fit nothing is read but what stands before the damage. */
function checkDamaged(input: string): void {
  try {
    const read = [...parseSendStream([Buffer.from(input, 'latin1')])];
    assert.deepEqual(read, [...parseSendStream([Buffer.from(sealed(input), 'latin1')])], 'every checksum fits');
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function inPieces(bytes: Buffer): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / 7) }, (_, index) => bytes.subarray(index * 7, index * 7 + 7));
}

/** A fuzzer does not find checksums that fit: they are put right, as far as the lengths of commands lead. */
function sealed(input: string): string {
  const bytes = Buffer.from(input, 'latin1');
  for (let at: number = streamHeader.size; at + commandHeader.size <= bytes.length; ) {
    const end = at + commandHeader.size + bytes.readUInt32LE(at + commandHeader.length);
    bytes.writeUInt32LE(0, at + commandHeader.checksum);
    bytes.writeUInt32LE(crc32c(bytes.subarray(at, end)), at + commandHeader.checksum);
    at = end;
  }
  return bytes.toString('latin1');
}

function command(number: number, ...attributes: readonly (readonly [number, string])[]): string {
  const data = attributes.map(([name, value]) => attribute(name, value)).join('');
  const header = Buffer.alloc(commandHeader.size);
  header.writeUInt32LE(data.length, commandHeader.length);
  header.writeUInt16LE(number, commandHeader.command);
  return header.toString('latin1') + data;
}

function attribute(name: number, value: string): string {
  const header = Buffer.alloc(4);
  header.writeUInt16LE(name, 0);
  header.writeUInt16LE(value.length, 2);
  return header.toString('latin1') + value;
}

/** A stream of version 2 in which a directory moves over its contents. */
function made(): string {
  return [
    `${streamHeader.magic}\x02\0\0\0`,
    command(parts.snapshot, [path, 'x']),
    command(parts.directory, [path, 'o257-7-0']),
    command(parts.rename, [path, 'a/b'], [to, 'o257-7-0/b']),
    command(parts.removeDirectory, [path, 'a']),
    command(parts.rename, [path, 'o257-7-0'], [to, 'a']),
    command(parts.end),
  ].join('');
}

/** What the kernel sends for changes of every kind that has a name, without contents and with. */
async function realStreams(): Promise<string[]> {
  const streams: string[] = [];
  await withFilesystem('btrfs', (mountpoint) => {
    const at = (name: string): string => join(mountpoint, name);
    const btrfs = (...words: string[]): string => execFileSync('btrfs', words, { encoding: 'latin1', stdio: 'pipe' });
    btrfs('subvolume', 'create', at('ours'));
    for (const name of ['a', 'a/b', 'gone']) mkdirSync(at(`ours/${name}`));
    for (const name of ['a/f', 'a/b/g', 'h', 'i']) writeFileSync(at(`ours/${name}`), name);
    btrfs('subvolume', 'snapshot', '-r', at('ours'), at('base'));
    renameSync(at('ours/a/b'), at('ours/c'));
    renameSync(at('ours/a'), at('ours/c/a'));
    linkSync(at('ours/h'), at('ours/l'));
    symlinkSync('h', at('ours/s'));
    truncateSync(at('ours/i'), 0);
    rmSync(at('ours/gone'), { recursive: true });
    writeFileSync(at('ours/c/new'), 'x'.repeat(50));
    btrfs('subvolume', 'snapshot', '-r', at('ours'), at('now'));
    for (const more of [['--no-data'], ['--proto', '2']]) {
      streams.push(btrfs('send', '--quiet', ...more, '-p', at('base'), at('now')));
    }
  });
  return streams;
}
