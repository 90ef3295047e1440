import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkWords, withOwnNamespaces } from '../../.tools/own-namespaces.ts';
import { startOfFailures, sumOfReports } from '../../.tools/sum-of-reports.ts';
import { longest, testFiles } from '../../.tools/test-files.ts';
import { loadScenarios } from '../../qemu/scenarios.ts';

test('every test file runs, on this machine or in a guest, and none in both', async () => {
  const scenarios = await loadScenarios();
  const inGuests = new Set(scenarios.flatMap((scenario) => ('tests' in scenario ? globSync([...scenario.tests]) : [])));
  assert.deepEqual([...testFiles(), ...inGuests].sort(), globSync('test/**/*.test.ts').sort());
  assert.deepEqual(testFiles().slice(0, longest.length).sort(), [...longest].sort());
});

test('what a test file mounts, its processes and what lies in its memory are seen by nobody else, and end with it', () => {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-own-'));
  try {
    const script = `
      echo x > "$0/file"; stat --file-system --format %T "$0"; readlink /proc/self/ns/mnt /proc/self/ns/pid
      sleep 1000 & ls -d /proc/[0-9]* | wc -l`;
    const [program, ...words] = withOwnNamespaces({ directory, mebibytes: 8 });
    const said = execFileSync(program, [...words, 'sh', '-c', script, directory], { encoding: 'utf8' });
    const [kind, mounts, processes, count] = said.split('\n');
    assert.equal(kind, 'tmpfs');
    assert.notEqual(mounts, readlinkSync('/proc/self/ns/mnt'));
    assert.notEqual(processes, readlinkSync('/proc/self/ns/pid'));
    assert.ok(Number(count) < 8, `${count} processes`);
    assert.ok(!existsSync(join(directory, 'file')));
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a process that lost its parent is gone when it has ended', () => {
  const script = 'sh -c "sleep 0.1 & echo \\$!" > "$0"; sleep 0.5; ls -d "/proc/$(cat "$0")" 2>&1';
  const directory = mkdtempSync(join(tmpdir(), 'migrate-own-'));
  try {
    const [program, ...words] = withOwnNamespaces(null);
    const { stdout } = spawnSync(program, [...words, 'sh', '-c', script, join(directory, 'pid')], { encoding: 'utf8' });
    assert.match(stdout, /No such file/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('where there can be no namespaces of their own, that is said', () => {
  const [program, ...words] = withOwnNamespaces(null);
  checkWords([program, ...words]);
  assert.throws(
    () => checkWords(['setpriv', '--reuid=65534', '--clear-groups', program, ...words]),
    /namespaces of their own.*unshare failed: Operation not permitted/s,
  );
  assert.throws(() => checkWords(['/no/such/program']), /namespaces of their own.*ENOENT/s);
});

test('reports are summed up, with every failure in them', () => {
  const good = 'TAP version 13\nok 1 - a\n# tests 2\n# suites 0\n# pass 2\n# fail 0\n# duration_ms 5\n';
  const bad = '    not ok 1 - b # inner\nnot ok 1 - c\n# tests 3\n# pass 1\n# fail 2\n# cancelled 0\n';
  assert.deepEqual(sumOfReports([good, bad], 70.4), [
    ...['    not ok 1 - b # inner', 'not ok 1 - c', '# tests 5', '# suites 0', '# pass 3', '# fail 2'],
    ...['# cancelled 0', '# skipped 0', '# todo 0', '# duration_ms 70'],
  ]);
});

test('of the failures of a file the first lines are told again at the end', () => {
  assert.deepEqual(startOfFailures('✔ a\nℹ pass 1\n'), []);
  const text = '✖ b\nℹ fail 1\n\n✖ failing tests:\n\n✖ b\n  why\n  where\n';
  assert.deepEqual(startOfFailures(text), ['✖ b', '  why', '  where']);
  assert.deepEqual(startOfFailures(text, 2), ['✖ b', '  why', '  (1 more lines)']);
});
