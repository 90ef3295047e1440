import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { realSystem } from '../../src/system/real-system.ts';
import type { ByteStream } from '../../src/system/streams.ts';

const { streams } = realSystem(['/bin/false']);
const { signal } = new AbortController();

test('the output of a program comes whole, and its failure at the end with its own words', async () => {
  const large = await collected(streams.output('sh', ['-c', 'head -c 3000000 /dev/zero; printf end'], { signal }));
  assert.deepEqual([large.length, large.toString('latin1', 3_000_000)], [3_000_003, 'end']);
  const pieces: Uint8Array[] = [];
  const failing = async (): Promise<void> => {
    for await (const piece of streams.output('sh', ['-c', 'echo some; echo why >&2; exit 3'], { signal }))
      pieces.push(piece);
  };
  await assert.rejects(failing(), { code: 'command', message: /why$/ });
  assert.equal(Buffer.concat(pieces).toString(), 'some\n');
  await assert.rejects(collected(streams.output('/nonexistent/program', [], { signal })), { code: 'command' });
});

test('a program whose output nobody reads any more is ended, and waits while it is not read', async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, 'written');
    const script =
      'i=0; while [ $i -lt 400 ]; do head -c 10000 /dev/zero; i=$((i+1)); echo $i > "$0"; done; sleep 1000';
    const started = Date.now();
    for await (const piece of streams.output('sh', ['-c', script, file], { signal })) {
      assert.ok(piece.length > 0);
      await sleep(500);
      break;
    }
    assert.ok(Date.now() - started < 60_000);
    // A pipe takes 64 KiB, and what reads it a few pieces more.
    assert.ok(Number(readFileSync(file, 'latin1')) < 200, readFileSync(file, 'latin1'));
  });
});

test('a program is fed as fast as it reads, and all of it', async () => {
  await inDirectory(async (directory) => {
    let given = 0;
    async function* bytes(): ByteStream {
      for (; given < 100; given++) yield await Promise.resolve(Buffer.alloc(100_000, given));
    }
    const file = join(directory, 'got');
    const fed = streams.feed('sh', ['-c', 'sleep 1; cat > "$0"', file], bytes(), { signal });
    await sleep(400);
    assert.ok(given < 20, `${given} pieces of 100 kB before it reads`);
    await fed;
    assert.equal(readFileSync(file).length, 10_000_000);
  });
});

test('feeding ends the program where the stream fails, and tells why it ends where that fails', async () => {
  await inDirectory(async (directory) => {
    const file = join(directory, 'ended');
    async function* failing(): ByteStream {
      yield await Promise.resolve(Buffer.from('some'));
      throw new RangeError('on purpose');
    }
    const script = 'cat > /dev/null; echo whole > "$0"';
    await assert.rejects(streams.feed('sh', ['-c', script, file], failing(), { signal }), RangeError);
    writeFileSync(file, 'not whole', { flag: 'wx' });
    async function* endless(): ByteStream {
      for (;;) yield await Promise.resolve(Buffer.alloc(65_536));
    }
    const refusing = streams.feed('sh', ['-c', 'head -c 10 >/dev/null; echo full >&2; exit 4'], endless(), { signal });
    await assert.rejects(refusing, { code: 'command', message: /full$/ });
  });
});

test('a signal ends what runs, and its reason is what is thrown', async () => {
  const reason = new RangeError('stopped');
  const run: readonly ((stop: AbortSignal) => Promise<unknown>)[] = [
    (stop) => collected(streams.output('sleep', ['1000'], { signal: stop })),
    (stop) => streams.feed('sleep', ['1000'], little(), { signal: stop }),
    (stop) => streams.converse('sleep', ['1000'], { signal: stop }).ended(),
  ];
  for (const start of run) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 200);
    await assert.rejects(start(controller.signal), reason);
  }
});

test('one can talk with a program, until it is gone', async () => {
  const cat = streams.converse('cat', [], { signal });
  const input = cat.input[Symbol.asyncIterator]();
  for (const word of ['one', 'two']) {
    await cat.write(Buffer.from(word));
    assert.equal(String((await input.next()).value), word);
  }
  cat.end();
  assert.equal((await input.next()).done, true);
  await cat.ended();
  await assert.rejects(cat.write(Buffer.from('more')), { code: 'closed' });
  const failing = streams.converse('sh', ['-c', 'echo no such host >&2; exit 255'], { signal });
  assert.equal((await collected(failing.input)).length, 0);
  await assert.rejects(failing.ended(), { code: 'command', message: /no such host$/ });
});

test('a program talks with whoever started it', async () => {
  const module = new URL('../../src/system/real-streams.ts', import.meta.url).pathname;
  const script = `const { streams } = await import(${JSON.stringify(module)});
    const { input, write, end } = streams.standard({ signal: new AbortController().signal });
    for await (const piece of input) { await write(piece); if (String(piece).includes('bye')) break; }
    end();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write('hello');
  assert.equal(String((await once(child.stdout, 'data'))[0]), 'hello');
  child.stdin.write('bye');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0, 'it ends, though its input is still open');
  child.stdin.destroy();
  const piped = execFileSync('sh', ['-c', `printf all | "$0" --input-type=module -e "$1"`, process.execPath, script]);
  assert.equal(String(piped), 'all');
});

async function* little(): ByteStream {
  yield await Promise.resolve(Buffer.from('little'));
}

async function collected(stream: ByteStream): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-streams-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}
