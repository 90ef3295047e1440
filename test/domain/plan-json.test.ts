import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { bytesOfText } from '../../src/domain/bytes.ts';
import { Failure } from '../../src/domain/failure.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { planFromJson, planToJson, planToValue, sealPlan } from '../../src/domain/plan-json.ts';

function digest(text: string): string {
  return createHash('sha256').update(bytesOfText(text), 'latin1').digest('hex');
}

const attributes = {
  mode: 0o4755,
  uid: 1,
  gid: 2,
  xattrs: [{ name: 'user.\xff', value: '\0\xfe' }],
  flags: 0,
  mtime: { seconds: -5, nanoseconds: 999_999_999 },
};

const plan: Plan = sealPlan(
  {
    schema: 'migrate.plan/1',
    roots: [{ id: 'system', base: '/b', ours: '/o', theirs: '/t' }],
    decisions: [
      {
        root: 'system',
        path: '/etc/bad\xff\n',
        change: 'modified',
        differs: ['content', 'xattr:user.\xff'],
        decision: 'ours',
        strategy: null,
        rule: { text: 'default persist', source: { file: 'built in', line: 0 } },
        reason: 'changed here',
      },
    ],
    actions: [
      { kind: 'file', root: 'system', path: '/etc/bad\xff\n', content: { from: 'ours', size: 3 }, attributes },
      { kind: 'link', root: 'system', path: '/a', existing: '/etc/bad\xff\n' },
      { kind: 'symlink', root: 'system', path: '/caf\xc3\xa9', target: '../\xfe', attributes },
      { kind: 'symlink', root: 'system', path: '/{"base64":"YQ=="}', target: '{"base64":"YQ=="}', attributes },
    ],
    items: [
      {
        key: 'content:/etc/bad',
        fingerprint: 'f',
        severity: 'error',
        blocks: 'service',
        step: 'files',
        title: 'a title',
        detail: 'a detail – in text',
        paths: ['/etc/bad\xff\n', '/plain'],
        resolutions: [{ id: 'ours', title: 'Keep', default: true, dataLoss: 'none' }],
        settled: null,
      },
    ],
    summary: { decisions: { ours: 1 }, items: { error: 1 }, bytes: 3, actions: 4 },
  },
  digest,
);

test('case 7: a plan comes through JSON whole, whatever bytes its paths, targets and attributes hold', () => {
  assert.deepEqual(planFromJson(planToJson(plan), 'plan.json', digest), plan);
});

test('paths are strings where they are UTF-8, and {"base64"} where they are not', () => {
  const value = JSON.parse(JSON.stringify(planToValue(plan)));
  assert.deepEqual(value.decisions[0].path, { base64: btoa('/etc/bad\xff\n') });
  assert.equal(value.actions[2].path, '/café');
  assert.deepEqual(value.items[0].paths, [{ base64: btoa('/etc/bad\xff\n') }, '/plain']);
  const keys = ['schema', 'roots', 'decisions', 'actions', 'items', 'summary', 'digest'];
  assert.deepEqual(Object.keys(value), keys);
});

test('equal plans have an equal digest, and every part of a plan counts', () => {
  const { digest: own, ...rest } = plan;
  assert.equal(sealPlan(rest, digest).digest, own);
  assert.notEqual(sealPlan({ ...rest, actions: rest.actions.slice(1) }, digest).digest, own);
});

test('a plan that is damaged, cut off, or of another schema is refused with its name', () => {
  const text = planToJson(plan);
  const damaged = [
    text.replace('"uid":1', '"uid":0'),
    text.replace('L2V0Yy9i', 'L2V0Yy9j'),
    text.slice(0, -1),
    '',
    'null',
    '"migrate.plan/1"',
    text.replace('migrate.plan/1', 'migrate.plan/2'),
    text.replace(plan.digest, plan.digest.replaceAll('a', 'b')),
  ];
  for (const bad of damaged) {
    assert.notEqual(bad, text);
    assert.throws(
      () => planFromJson(bad, '/run/plan.json', digest),
      (error) => error instanceof Failure && error.code === 'plan-damaged' && error.message.includes('/run/plan.json'),
      bad.slice(0, 80),
    );
  }
});

test('a plan whose digest fits but whose parts do not is refused with its name', () => {
  const resealed = (change: (plan: Record<string, unknown>) => void): string => {
    const { digest: _old, ...rest } = JSON.parse(planToJson(plan));
    change(rest);
    return JSON.stringify({ ...rest, digest: digest(JSON.stringify(rest)) });
  };
  const bad = [
    resealed((rest) => delete rest['actions']),
    resealed((rest) => Object.assign(rest, { items: {} })),
    // Found by changing a plan at random: base64 that nothing can decode.
    resealed((rest) => Object.assign(rest, { decisions: [{ path: { base64: 'L2V0YyD//' } }] })),
    resealed((rest) => Object.assign(rest, { decisions: [{ path: 7 }] })),
  ];
  for (const text of bad) {
    assert.throws(
      () => planFromJson(text, '/run/plan.json', digest),
      (error) => error instanceof Failure && error.code === 'plan-damaged' && error.message.includes('/run/plan.json'),
      text.slice(0, 80),
    );
  }
});
