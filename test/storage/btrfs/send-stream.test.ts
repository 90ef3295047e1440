import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { Failure } from '../../../src/domain/failure.ts';
import { parseSendStream, type SendCommand } from '../../../src/storage/btrfs/send-stream.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

/** Something of every kind of command. */
const edits = `
  mkdir new; mkfifo fifo; mknod null c 1 3; ln -s target symlink; ln old/linked second
  mv old/renamed old/other; rm old/removed; rmdir old/empty; mv directory new/moved
  setfattr -n user.a -v new old/xattr; setfattr -x user.b old/xattr; chmod 600 old/mode; chown 1:1 old/owner
  truncate -s 3 old/cut; head -c 300000 /dev/urandom >large; cp --reflink=always large cloned
`;
const beginning = `
  mkdir old old/empty directory
  for name in linked renamed removed xattr mode owner cut; do echo "$name" >old/$name; done
  setfattr -n user.b -v old old/xattr
`;

const kinds: Readonly<Record<string, SendCommand['kind']>> = {
  ...{ snapshot: 'begin', mkfile: 'create', mkdir: 'create', mknod: 'create', mkfifo: 'create', mksock: 'create' },
  ...{ symlink: 'create', rename: 'rename', link: 'link', unlink: 'remove', rmdir: 'remove', set_xattr: 'attributes' },
  ...{ remove_xattr: 'attributes', write: 'content', clone: 'content', truncate: 'content', chmod: 'attributes' },
  ...{ chown: 'attributes', utimes: 'attributes', update_extent: 'content', encoded_write: 'content' },
};

for (const options of [['--no-data'], [], ['--no-data', '--proto', '2'], ['--proto', '2']] as const) {
  test(`a stream of btrfs send ${options.join(' ')} is read as btrfs receive reads it`, async () => {
    const stream = await record(options);
    const commands = [...parseSendStream([stream])];
    assert.deepEqual(commands.at(-1), { kind: 'end' });
    assert.deepEqual(commands.slice(0, -1).map(plain), dumped(stream));
    const seen = new Set(commands.map(({ kind }) => kind));
    assert.deepEqual(
      [...new Set(Object.values(kinds))].filter((kind) => !seen.has(kind)),
      [],
    );
  });
}

test('a stream may come in pieces of any size', async () => {
  const stream = await record(['--no-data']);
  const whole = [...parseSendStream([stream])];
  for (const size of [1, 16, 17, 1000, stream.length - 1]) {
    assert.deepEqual([...parseSendStream(pieces(stream, size))], whole, `pieces of ${size}`);
  }
});

test('a stream that is damaged at any byte, or ends at any, is refused', async () => {
  const stream = await record(['--no-data']);
  for (let at = 0; at < stream.length; at++) {
    assert.throws(() => [...parseSendStream([stream.subarray(0, at)])], isRefusal, `cut at ${at}`);
    const damaged = new Uint8Array(stream);
    damaged[at] = (damaged[at] ?? 0) ^ 0xff;
    assert.throws(() => [...parseSendStream([damaged])], isRefusal, `damaged at ${at}`);
  }
});

function isRefusal(error: unknown): boolean {
  return error instanceof Failure && error.code === 'send-stream';
}

/** The stream between two snapshots, as the command of btrfs writes it. */
async function record(options: readonly string[]): Promise<Uint8Array> {
  const streams: Uint8Array[] = [];
  await withFilesystem('btrfs', (top) => {
    const [base, work, ours] = [join(top, 'base'), join(top, 'work'), join(top, 'ours')];
    btrfs('subvolume', 'create', work);
    execFileSync('sh', ['-ec', beginning], { cwd: work });
    btrfs('subvolume', 'snapshot', '-r', work, base);
    execFileSync('sh', ['-ec', edits], { cwd: work });
    // Closing it would take its name away.
    execFileSync(process.execPath, ['-e', 'net.createServer().listen("socket", () => process.exit())'], { cwd: work });
    btrfs('subvolume', 'snapshot', '-r', work, ours);
    streams.push(btrfs('send', '-q', ...options, '-p', base, ours));
  });
  const [stream] = streams;
  assert.ok(stream !== undefined);
  return new Uint8Array(stream);
}

/** What the command of btrfs makes of a stream: lines of a command, `./SUBVOLUME/PATH` and properties. */
function dumped(stream: Uint8Array): string[] {
  const input = Buffer.from(stream);
  const text = execFileSync('btrfs', ['receive', '--dump'], { input, encoding: 'latin1', stdio: 'pipe' });
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [command = '', place = '', ...rest] = line.split(/ +/);
      const kind = kinds[command];
      assert.ok(kind !== undefined, line);
      if (kind === 'begin') return kind;
      const path = place.replace(/^\.\/ours/, '') || '/';
      const other = rest.find((word) => word.startsWith('dest='))?.replace(/^dest=(\.\/ours)?\/?/, '/');
      return [kind, path, ...(kind === 'rename' || kind === 'link' ? [other] : [])].join(' ');
    });
}

function plain(command: SendCommand): string {
  if (command.kind === 'rename') return `rename ${command.path} ${command.to}`;
  if (command.kind === 'link') return `link ${command.path} ${command.existing}`;
  return 'path' in command ? `${command.kind} ${command.path}` : command.kind;
}

/** Pieces of one size, but for the last. */
function* pieces(stream: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < stream.length; at += size) yield stream.slice(at, at + size);
}

function btrfs(...args: string[]): Buffer {
  return execFileSync('btrfs', args, { stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 2 ** 26 });
}
