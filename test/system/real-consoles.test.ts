import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { consolesAt } from '../../src/system/real-consoles.ts';

const program = join(import.meta.dirname, 'at-consoles.ts');

type Played = { readonly shown: string; readonly result: string; readonly seconds: number };

/** Runs the program at a terminal of its own, where somebody types as soon as it is ready. */
async function atTerminal(args: readonly string[], typed: string, before = ''): Promise<Played> {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-consoles-'));
  try {
    const result = join(directory, 'result');
    const [what = '', ...others] = args;
    const line = [process.execPath, program, what, result, ...others].map((word) => `'${word}'`).join(' ');
    const start = performance.now();
    const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    let isReady = false;
    child.stdin.write(before);
    child.stdout.setEncoding('latin1');
    child.stdout.on('data', (text: string) => {
      shown += text;
      if (isReady || !shown.includes('ready? ')) return;
      isReady = true;
      child.stdin.write(typed);
    });
    const status = await new Promise((resolve) => child.once('close', resolve));
    assert.equal(status, 0, shown);
    const seconds = (performance.now() - start) / 1000;
    return { shown, seconds, result: what === 'shell' ? '' : readFileSync(result, 'utf8') };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('a line that is typed at a console is read without the blanks at its ends', async () => {
  const { result, shown } = await atTerminal(['30'], '  reset \r');
  assert.equal(result, '"reset"');
  assert.match(shown, /ready\? /);
});

test('what was typed before the question is no answer to it', async () => {
  for (const before of ['destroy\n', 'destr']) {
    const { result } = await atTerminal(['30'], 'oy\r', before);
    assert.equal(result, '"oy"', before);
  }
});

test('nobody answers in time', async () => {
  const { result, seconds } = await atTerminal(['2'], 'destr');
  assert.equal(result, 'null');
  assert.ok(seconds >= 2 && seconds < 30, `${seconds} s`);
});

test('a person sits at one of several consoles: those that are not there, or at their end, do not answer', async () => {
  const { result } = await atTerminal(['30', '/dev/null', '/dev/ttyS-not-there'], 'reset\r');
  assert.equal(result, '"reset"');
});

test('case 114: where no console can be read nobody is waited for, and nobody answers', () => {
  for (const paths of [[], ['/dev/null'], ['/dev/ttyS-not-there']]) {
    const consoles = consolesAt(paths);
    const start = performance.now();
    consoles.show('nobody reads this\n');
    assert.equal(consoles.ask('anybody? ', 60), null);
    assert.ok(performance.now() - start < 5000);
    consoles.close();
  }
});

test('the shell has a terminal of its own, and ends when it is left', async () => {
  const { shown } = await atTerminal(['shell'], 'tty; echo "shell is $((40 + 2))"; exit\r');
  assert.match(shown, /recovery:\/# /);
  assert.match(shown, /\/dev\/(pts|tty)/);
  assert.match(shown, /shell is 42/);
});
