import assert from 'node:assert/strict';
import { test } from 'node:test';
import { oldVersion } from '../../qemu/power-cuts/cut-machine.ts';
import { type Answers, wrongAnswers, wrongVersion } from '../../qemu/power-cuts/judge.ts';
import { phaseNames } from '../../qemu/power-cuts/phases.ts';

const newVersion = 'trixie.2';
const recording = { bounds: [0, 100, 200, 300, 400, 500, 600], newVersion };
const found = (at: number, booted: string | null, why: string): number =>
  wrongVersion({ at }, { booted, why }, recording).length;

test('what stage had said to be armed must come after a power cut; before that the old version may come too', () => {
  assert.equal(phaseNames.indexOf('restart'), 1);
  assert.deepEqual([found(99, oldVersion, 'stable'), found(99, newVersion, 'try')], [0, 0]);
  assert.deepEqual([found(100, newVersion, 'try'), found(100, oldVersion, 'stable')], [0, 1]);
  assert.deepEqual([found(99, null, ''), found(99, 'trixie.3', 'try')], [1, 1]);
});

test('what was said to be good is tried no more after a power cut', () => {
  assert.equal(phaseNames.indexOf('good'), 5);
  assert.deepEqual([found(499, newVersion, 'try'), found(500, newVersion, 'try')], [0, 1]);
  assert.deepEqual([found(500, newVersion, 'stable'), found(500, oldVersion, 'fallback')], [0, 2]);
});

test('a system that complains of anything after a power cut has not come up whole', () => {
  const good: Answers = {
    why: 'migrate.why=try',
    status: 'Running       trixie.2, good since 2026-11-21 12:00, made from trixie',
    fsck: 'The ledger and the store agree',
    doctor: 'Nothing found',
    failed: '',
  };
  assert.deepEqual(wrongAnswers(good), []);
  const collected = { ...good, fsck: `${good.fsck}\n${good.fsck}` };
  assert.deepEqual(wrongAnswers(collected), []);
  const left = {
    ...good,
    fsck: `${good.fsck}\nnotice  system/unpacking-13: a command that was interrupted has left it`,
  };
  assert.equal(wrongAnswers(left).length, 1);
  const complaints = {
    status: good.status.replace('good', 'trial'),
    fsck: 'error  trixie: it has no sidecar\n1 error',
    doctor: 'warning: …',
    failed: 'ssh.service loaded failed failed',
  };
  for (const [name, text] of Object.entries(complaints)) {
    assert.equal(wrongAnswers({ ...good, [name]: text }).length, 1, name);
  }
});
