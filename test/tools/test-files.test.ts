import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkWords, withMemoryAt, withOwnMounts } from '../../.tools/own-mounts.ts';
import { sumOfReports } from '../../.tools/sum-of-reports.ts';
import { testFiles } from '../../.tools/test-files.ts';
import { loadScenarios } from '../../qemu/scenarios.ts';

test('every test file runs, on this machine or in a guest, and none in both', async () => {
  const scenarios = await loadScenarios();
  const inGuests = new Set(scenarios.flatMap((scenario) => ('tests' in scenario ? globSync([...scenario.tests]) : [])));
  assert.deepEqual([...testFiles(), ...inGuests].sort(), globSync('test/**/*.test.ts').sort());
});

test('what a test file mounts and what lies in its memory is seen by nobody else', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-own-'));
  try {
    const [program, ...words] = withMemoryAt(directory, 8);
    const script = 'echo x > "$0/file" && stat --file-system --format %T "$0" && readlink /proc/self/ns/mnt';
    const args = [...words, 'sh', '-c', script, directory];
    const [kind, namespace] = execFileSync(program, args, { encoding: 'utf8' }).split('\n');
    assert.equal(kind, 'tmpfs');
    assert.notEqual(namespace, readlinkSync('/proc/self/ns/mnt'));
    assert.ok(!existsSync(join(directory, 'file')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('where there can be no mounts of their own, that is said', () => {
  checkWords(withOwnMounts);
  assert.throws(() => checkWords(['unshare', '--no-such-option']), /mounts of their own.*unshare.*no-such-option/s);
  assert.throws(() => checkWords(['/no/such/program']), /mounts of their own.*ENOENT/s);
  // As it is where the process may not: without the right to do so.
  const [program, ...words] = withOwnMounts;
  assert.notEqual(spawnSync('setpriv', ['--reuid=65534', '--clear-groups', program, ...words, 'true']).status, 0);
});

test('reports are summed up, with every failure in them', () => {
  const good = 'TAP version 13\nok 1 - a\n# tests 2\n# suites 0\n# pass 2\n# fail 0\n# duration_ms 5\n';
  const bad = '    not ok 1 - b # inner\nnot ok 1 - c\n# tests 3\n# pass 1\n# fail 2\n# cancelled 0\n';
  assert.deepEqual(sumOfReports([good, bad], 70.4), [
    ...['    not ok 1 - b # inner', 'not ok 1 - c', '# tests 5', '# suites 0', '# pass 3', '# fail 2'],
    ...['# cancelled 0', '# skipped 0', '# todo 0', '# duration_ms 70'],
  ]);
});
