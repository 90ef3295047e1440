import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const source = resolve(import.meta.dirname, '../../src/system/look-ahead.ts');

test('other threads look ahead, at so many paths at once and no more, whether or not anything is there', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-look-ahead-'));
  try {
    const [script, log] = [join(directory, 'script.ts'), join(directory, 'log')];
    const body = `for (let i = 0; i < 1500; i++) lookAhead('${directory}/' + (i % 2 === 0 ? 'script.ts/' : 'none') + i);`;
    writeFileSync(script, `import { lookAhead } from '${source}';\n${body}\nconsole.log(process.pid);\n`);
    const words = ['-f', '-qq', '--trace=statx,lstat,newfstatat', '-o', log, process.execPath, script];
    const main = execFileSync('strace', words, { encoding: 'utf8' }).trim();
    const looks = readFileSync(log, 'utf8')
      .split('\n')
      .filter((line) => /"[^"]*\/(?:none|script\.ts\/)\d+"/.test(line));
    assert.equal(looks.length, 1024);
    assert.ok(looks.every((line) => line.split(' ')[0] !== main));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
