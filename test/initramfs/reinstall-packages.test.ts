import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { reinstallNote, stateFolder } from '../../src/apply/run-folder.ts';

const initramfs = join(import.meta.dirname, '../../initramfs');
const script = join(initramfs, 'reinstall-packages');

type Run = {
  readonly status: number | null;
  readonly stderr: string;
  readonly calls: string[];
  readonly note: string | null;
  /** The units that are still to be enabled. */
  readonly units: string | null;
  /** What is left besides, by its ending. */
  readonly left: Readonly<Record<'tries' | 'failed', string | null>>;
};

type Before = { readonly units?: string; readonly tries?: string; readonly offline?: boolean };

/** What a run leaves that has nothing more to do. */
const nothingLeft = { note: null, units: null, left: { tries: null, failed: null } };

/**
 * Runs the script where a package manager of that name is the only one: it knows all packages but `nowhere`, and so does
 * systemctl of units.
 */
function run(manager: string | null, names: string | null, { units, tries, offline = false }: Before = {}): Run {
  const directory = mkdtempSync(join(tmpdir(), 'migrate-reinstall-'));
  try {
    const programs = join(directory, 'bin');
    mkdirSync(programs);
    for (const tool of ['sh', 'tr', 'mv', 'rm', 'cat']) {
      symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), join(programs, tool));
    }
    const log = join(directory, 'log');
    const enabled = join(directory, 'enabled');
    writeFileSync(enabled, 'ssh.service enabled enabled\n');
    // Installing `ftp` enables its unit, as Debian's packages do.
    const state = `[ "$1" != list-unit-files ] || { cat ${enabled}; exit; }
case " $* " in *" ftp "*) echo 'ftp.service enabled enabled' >> ${enabled};; esac`;
    const known = `#!/bin/sh\n${state}\necho "$*" >> ${log}\ncase " $* " in *" nowhere "*|*" nowhere.service "*) exit 100;; esac\n${offline ? 'case "$*" in *update|*makecache) exit 100;; esac\n' : ''}`;
    for (const program of [manager, 'systemctl'])
      if (program !== null) writeFileSync(join(programs, program), known, { mode: 0o755 });
    const note = join(directory, 'reinstall');
    const unitsNote = `${note}-units`;
    if (names !== null) writeFileSync(note, names);
    if (units !== undefined) writeFileSync(unitsNote, units);
    if (tries !== undefined) writeFileSync(`${note}-tries`, tries);
    const { status, stderr } = spawnSync('sh', [script, note], { env: { PATH: programs }, encoding: 'utf8' });
    const calls = existsSync(log) ? readFileSync(log, 'utf8').trimEnd().split('\n') : [];
    const read = (path: string): string | null => (existsSync(path) ? readFileSync(path, 'utf8') : null);
    const left = { tries: read(`${note}-tries`), failed: read(`${note}-failed`) };
    return { status, stderr, calls, note: read(note), units: read(unitsNote), left };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('all packages are installed at once, settings stay as they are, and the note goes', () => {
  assert.deepEqual(run('apt-get', 'editor\nlibrary2.0+x\n'), {
    status: 0,
    stderr: '',
    calls: [
      '-q -o APT::Update::Error-Mode=any update',
      '-q -y --no-remove -o Dpkg::Options::=--force-confold install -- editor library2.0+x',
    ],
    ...nothingLeft,
  });
  assert.deepEqual(run('dnf', 'editor\n').calls, ['-q makecache', '-q -y install -- editor']);
});

test('a unit that its package enables, and that was not enabled in the previous version, is disabled again', () => {
  const { status, stderr, calls } = run('apt-get', 'ftp\n');
  assert.equal(status, 0);
  assert.match(stderr, /ftp\.service was not enabled in the previous version/);
  assert.deepEqual(calls.slice(2), ['disable --now -- ftp.service']);
  const kept = run('apt-get', 'ftp\n', { units: '/etc/systemd/system/ftp.service\n' });
  assert.deepEqual(kept.calls.slice(2), ['enable --now -- ftp.service']);
});

test('a package that is nowhere to be had does not keep the others away, and stays noted', () => {
  const { status, stderr, calls, note } = run('dnf', 'editor\nnowhere\npager\n');
  assert.deepEqual(
    calls.slice(1),
    ['editor nowhere pager', 'editor', 'nowhere', 'pager'].map((names) => `-q -y install -- ${names}`),
  );
  assert.deepEqual([status, note], [1, 'nowhere\n']);
  assert.match(stderr, /could not be installed: nowhere/);
});

for (const { offline, most } of [
  { offline: false, most: 5 },
  { offline: true, most: 24 },
]) {
  test(`what is nowhere to be had is given up after ${most} tries${offline ? ' without the package sources' : ''}, and says what to do`, () => {
    let tries: string | null = null;
    for (let count = 1; count < most; count++) {
      const { status, note, left, stderr } = run('apt-get', 'nowhere\n', { offline, ...(tries !== null && { tries }) });
      assert.deepEqual([status, note, left.failed], [1, 'nowhere\n', null], `try ${count}`);
      assert.match(stderr, /could not be installed: nowhere \(to be tried again\)/);
      tries = left.tries;
    }
    assert.ok(tries !== null);
    const last = run('apt-get', 'nowhere\n', { offline, tries });
    assert.deepEqual([last.status, last.note, last.left], [1, null, { tries: null, failed: 'nowhere\n' }]);
    assert.match(last.stderr, /given up: nowhere/);
    assert.match(last.stderr, /apt-get install \.\/FILE\.deb/);
    const done = run('apt-get', 'editor\n', { tries });
    assert.deepEqual([done.status, done.note, done.left], [0, null, nothingLeft.left]);
  });
}

test('a name without the end of its line is installed too', () => {
  assert.deepEqual(run('dnf', 'editor\npager').calls.slice(1), ['-q -y install -- editor pager']);
});

test('units that were enabled are enabled when their packages are there, and noted as long as these are not', () => {
  const units =
    '/etc/systemd/system/editor.service\n/etc/systemd/user/pager.service\n/etc/systemd/system/nowhere.service\n';
  const enabling = [
    'enable --now -- editor.service',
    '--global enable -- pager.service',
    'enable --now -- nowhere.service',
  ];
  const waiting = run('dnf', 'nowhere\n', { units });
  assert.deepEqual(waiting.calls.slice(-3), enabling);
  assert.deepEqual([waiting.note, waiting.units], ['nowhere\n', '/etc/systemd/system/nowhere.service\n']);
  const done = run('dnf', 'editor\n', { units });
  assert.deepEqual(done.calls.slice(-3), enabling);
  assert.deepEqual([done.status, done.note, done.units], [0, null, null]);
  assert.match(done.stderr, /not enabled again, or not started: \/etc\/systemd\/system\/nowhere\.service/);
});

test('what is no name of a package is told and never becomes an option', () => {
  const { calls, stderr, note } = run('dnf', '--force\n\n$(reboot)\neditor\n');
  assert.deepEqual([calls.slice(1), note], [['-q -y install -- editor'], null]);
  assert.match(stderr, /not the name of a package: --force/);
});

test('without a package manager the note stays, and without a note nothing is done', () => {
  const { status, note, stderr } = run(null, 'editor\n');
  assert.deepEqual([status, note], [1, 'editor\n']);
  assert.match(stderr, /to be installed by hand: editor/);
  assert.deepEqual(run('apt-get', null), { status: 0, stderr: '', calls: [], ...nothingLeft });
});

test('an image gets the timer switched on, its service and the program, all of which look for the note that apply leaves', () => {
  const root = mkdtempSync(join(tmpdir(), 'migrate-image-'));
  try {
    mkdirSync(join(root, 'usr/lib'), { recursive: true });
    execFileSync('sh', [join(initramfs, 'install-into'), root]);
    const units = join(root, 'usr/lib/systemd/system');
    const timer = readFileSync(join(units, 'timers.target.wants/migrate-reinstall.timer'), 'utf8');
    const service = readFileSync(join(units, 'migrate-reinstall.service'), 'utf8');
    const note = `${stateFolder}/${reinstallNote}`;
    for (const unit of [timer, service]) assert.match(unit, new RegExp(`^ConditionPathExists=${note}$`, 'm'));
    const program = /^ExecStart=(.*)$/m.exec(service)?.[1] ?? '';
    assert.ok((statSync(join(root, program)).mode & 0o111) === 0o111);
    assert.ok(readFileSync(join(root, program), 'utf8').includes(`\${1:-${note}}`));
  } finally {
    rmSync(root, { recursive: true });
  }
});
