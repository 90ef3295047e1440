import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../src/domain/failure.ts';
import type { VersionRecord } from '../../src/domain/version.ts';
import { versionFromJson, versionToJson } from '../../src/domain/version-json.ts';
import { transition } from '../../src/versions/states.ts';
import { versionOf } from '../versions/version-of.ts';

const full: VersionRecord = versionOf('trixie.2', 'trial', 2, {
  parent: 'bookworm.1',
  born: 'born-trixie.2',
  tries: 1,
  pinned: true,
  replaces: ['trixie.1'],
  reset: { mode: 'system', keep: ['identity', '/etc/caf\xc3\xa9/**', '/etc/\xff'] },
  bindings: { home: 'main', settings: 'trixie.2', constructor: 'main' },
  boot: {
    kernel: '/migrate/trixie.2/vmlinuz',
    initrd: '/migrate/trixie.2/initrd.img',
    secondInitrd: '/migrate/migrate.cpio.zst',
    commandLine: 'root=UUID=0a rootflags=subvol=volumes/system/branches/trixie.2 rw quiet',
    kernelRelease: '6.12.57+deb13-amd64',
    root: { device: 'UUID=0a', subvolume: 'volumes/system/branches/trixie.2' },
    unknown: {},
  },
  deferred: ['postgresql.data'],
});

test('a version is read as it was written', () => {
  assert.deepEqual(versionFromJson(versionToJson(full), 'x'), full);
  const plain = versionOf('bookworm.1', 'staged', 1);
  assert.deepEqual(versionFromJson(versionToJson(plain), 'x'), plain);
});

test('a record from before versions said what they replace replaces nothing', () => {
  const { replaces, ...older } = JSON.parse(versionToJson(full));
  assert.deepEqual(replaces, ['trixie.1']);
  assert.deepEqual(versionFromJson(JSON.stringify(older), 'x'), { ...full, replaces: [] });
});

test('a reset is read as it was written, and in a record from before there were any it is none', () => {
  const { reset, ...older } = JSON.parse(versionToJson(full));
  assert.deepEqual(reset, { mode: 'system', keep: ['identity', '/etc/café/**', { base64: 'L2V0Yy//' }] });
  assert.deepEqual(versionFromJson(JSON.stringify(older), 'x'), { ...full, reset: null });
  const refusals: readonly (readonly [object | string, RegExp])[] = [
    ['system', /reset is not an object/],
    [{ mode: 'half', keep: [] }, /reset\.mode is "half", which is no kind of reset/],
    [{ mode: 'config' }, /reset\.keep is not a list/],
    [{ mode: 'config', keep: [7] }, /reset\.keep\[0\] is neither a text nor bytes/],
    [{ mode: 'config', keep: [], drop: [] }, /reset has "drop", which is not known/],
  ];
  for (const [wrong, reason] of refusals) refused(JSON.stringify({ ...older, reset: wrong }), reason);
});

test('case 112: keys of a newer program survive the reading, changing and writing of an older one', () => {
  const document = JSON.parse(versionToJson(full));
  document.lease = { until: 'later', terms: [1, 2] };
  document.unknown = 'a name that means something here';
  document.boot.deviceTree = '/migrate/trixie.2/board.dtb';
  document.boot.root.dataset = 'pool/system';
  document.history[1].by = 'somebody';
  const text = JSON.stringify(document).replace('{', '{"__proto__":{"x":1},');
  const read = versionFromJson(text, 'x');
  const changed = transition(read, 'good', { order: 99, at: '2026-11-01T00:00:00Z', why: 'healthy' });
  const written = JSON.parse(versionToJson(changed));
  const expected = JSON.parse(text);
  expected.state = 'good';
  expected.history.push({ order: 99, at: '2026-11-01T00:00:00Z', from: 'trial', to: 'good', why: 'healthy' });
  assert.deepEqual(written, expected);
  assert.ok(Object.hasOwn(written, '__proto__'));
});

test('a program that does not know the schema or a state says so, and takes it for nothing else', () => {
  const text = versionToJson(full);
  refused(text.replace('migrate.version/1', 'migrate.version/2'), /schema is not "migrate\.version\/1"/);
  refused(text.replace('"state": "trial"', '"state": "frozen"'), /state is "frozen", which is no state/);
});

test('what is no record of a version is refused, with its file and the key that is wrong', () => {
  const wrong: readonly (readonly [change: Readonly<Record<string, unknown>>, RegExp])[] = [
    [{ id: '../x' }, /id is "\.\.\/x", which is no id of a version/],
    [{ id: 'x.json' }, /id is "x\.json", which is no id/],
    [{ id: 7 }, /id is not a text/],
    [{ order: -1 }, /order is not a count/],
    [{ order: 1.5 }, /order is not a count/],
    [{ image: undefined }, /image is not a text/],
    [{ base: undefined }, /base is not a text/],
    [{ parent: '' }, /parent is "", which is no id/],
    [{ branch: 'a/b' }, /branch is "a\/b", which is no name/],
    [{ state: 'good' }, /history does not end with its state/],
    [{ pinned: 1 }, /pinned is neither true nor false/],
    [{ replaces: 'trixie.1' }, /replaces is not a list/],
    [{ replaces: ['../x'] }, /replaces\[0\] is "\.\.\/x", which is no id of a version/],
    [{ bindings: [] }, /bindings is not an object/],
    [{ bindings: { 'a b': 'x' } }, /bindings has "a b", which is no name of a volume/],
    [{ bindings: { home: null } }, /bindings\.home is not a text/],
    [{ boot: 'x' }, /boot is not an object/],
    [{ boot: { ...full.boot, root: null } }, /boot\.root is not an object/],
    [{ deferred: {} }, /deferred is not a list/],
    [{ history: [] }, /history does not end with its state/],
    [{ history: [{ order: 1 }] }, /history\[0\]\.at is not a text/],
  ];
  const document = JSON.parse(versionToJson(full));
  for (const [change, message] of wrong) refused(JSON.stringify({ ...document, ...change }), message);
  refused(versionToJson(full).replace('"tries": 1', '"tries": 1, "later": [1e999]'), /a number in it is too large/);
  for (const text of ['', '{', 'null', '[]', '7']) refused(text, /it is not JSON|the document is not an object/);
});

function refused(text: string, message: RegExp): void {
  assert.throws(
    () => versionFromJson(text, 'versions/x.json'),
    (error) =>
      error instanceof Failure &&
      error.code === 'version-record' &&
      error.message.includes('versions/x.json') &&
      message.test(error.message),
    text.slice(0, 80),
  );
}
