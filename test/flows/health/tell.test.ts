import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { loginMessage, type Told, tellAtLogin } from '../../../src/flows/health/tell.ts';
import { system } from '../../storage/objects.ts';
import { versionOf } from '../../versions/version-of.ts';

const old = versionOf('bookworm.1', 'good', 1);
const reason = 'its tries are used up: the check 50-app failed: it ended with 3';
const failed = ended(versionOf('trixie.2', 'failed', 2), reason);

function ended(version: VersionRecord, why: string): VersionRecord {
  return { ...version, history: version.history.map((change) => ({ ...change, why })) };
}

function lastOf(version: VersionRecord): Told['last'] {
  const change = version.history.at(-1);
  return change === undefined ? null : { version, change };
}

const afterFailure: Told = { running: old, booted: null, last: lastOf(failed), startProblem: null };

const fallback: Told = {
  running: old,
  booted: {
    ...{ schema: 'migrate.booted/1', version: null, outcome: 'fallback' },
    ...{ root: { device: 'LABEL=ROOT', subvolume: null }, reason: 'no space' },
  },
  ...{ last: null, startProblem: null },
};

test('a login is told which version failed, why and when, and what runs', () => {
  assert.equal(
    loginMessage(afterFailure),
    [
      'migrate: trixie.2 failed; this machine runs bookworm.1 again.',
      `  Why:  ${reason}`,
      '  When: 2026-01-26 12:00',
      '  More: migrate status, migrate versions',
      '',
    ].join('\n'),
  );
});

test('a fallback that the store does not know of is told from what the initramfs wrote', () => {
  assert.match(loginMessage(fallback) ?? '', /^migrate: the new version failed; this machine runs bookworm\.1 again\./);
  assert.match(loginMessage(fallback) ?? '', /Why: {2}no space\n/);
});

test('case 111: a fallback that has given up nothing is told before an older failure', () => {
  const { booted } = fallback;
  assert.ok(booted !== null);
  const forNow: Told = { ...afterFailure, booted: { ...booted, forNow: true } };
  assert.match(
    loginMessage(forNow) ?? '',
    /^migrate: this machine runs bookworm\.1 for now; whether its new version is made could not be told\.\n {2}Why: {2}no space\n {2}Next: the next start tries it again, without what is written here/,
  );
});

test('a failed version that runs all the same is no fallback', () => {
  assert.match(loginMessage({ ...afterFailure, running: failed }) ?? '', /^migrate: trixie\.2 failed, and runs all/);
});

test('where the last trial ended well there is nothing to tell', () => {
  const newer = versionOf('trixie-2.3', 'good', 3);
  assert.equal(loginMessage({ running: newer, booted: null, last: lastOf(newer), startProblem: null }), null);
  assert.equal(loginMessage({ running: old, booted: null, last: null, startProblem: null }), null);
});

test('case 101: what the loader could not do is told, behind what failed', () => {
  const startProblem = 'the loader could not write its count';
  const alone = 'migrate: the loader could not write its count.\n  More: migrate doctor\n';
  assert.equal(loginMessage({ running: old, booted: null, last: null, startProblem }), alone);
  const both = loginMessage({ ...afterFailure, startProblem }) ?? '';
  assert.equal(both, `${loginMessage(afterFailure)}${alone}`);
});

test('a reason can make no terminal do things, and does not fill the screen', () => {
  const told = { ...afterFailure, last: lastOf(ended(failed, `\u001b[2J${'x'.repeat(5000)}\nmore`)) };
  const message = loginMessage(told) ?? '';
  assert.match(message, /Why: {2}\\x1b\[2Jx+…\n/);
  assert.ok(message.length < 700);
});

test('the message lies where pam_motd shows it to every user, and goes when it is over', () => {
  const run = mkdtempSync('/dev/shm/migrate-run-');
  try {
    for (const told of [afterFailure, fallback]) {
      const text = tellAtLogin(system, told, run);
      assert.equal(text, loginMessage(told));
      assert.equal(readFileSync(join(run, 'motd.d/migrate'), 'utf8'), text);
    }
    assert.equal(statSync(join(run, 'motd.d/migrate')).mode & 0o777, 0o644);
    assert.equal(statSync(join(run, 'motd.d')).mode & 0o777, 0o755);
    assert.deepEqual([readdirSync(join(run, 'motd.d')), readdirSync(join(run, 'migrate'))], [['migrate'], []]);
    assert.equal(tellAtLogin(system, { ...afterFailure, last: null }, run), null);
    assert.ok(!existsSync(join(run, 'motd.d/migrate')));
  } finally {
    rmSync(run, { recursive: true });
  }
});
