import assert from 'node:assert/strict';
import { isVersionId, nextOrder } from '../../src/domain/version.ts';
import { versionFromJson, versionToJson } from '../../src/domain/version-json.ts';
import { orderDeclared } from '../../src/policy/order-volumes.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';
import { mountUnit } from '../../src/versions/mount-units.ts';
import { versionOf } from '../versions/version-of.ts';
import { fuzz } from './fuzz.ts';

const boot = {
  kernel: '/migrate/v.1/vmlinuz',
  initrd: '/migrate/v.1/initrd.img',
  secondInitrd: null,
  commandLine: 'root=UUID=0a rw',
  kernelRelease: '6.12.57',
  root: { device: 'UUID=0a', subvolume: null },
  unknown: { more: 1 },
};

fuzz({
  name: 'the record of a version',
  seeds: [
    versionToJson(versionOf('v.1', 'failed', 1, { boot, bindings: { home: 'main' }, deferred: ['x'], pinned: true })),
    versionToJson(versionOf('v.2', 'staged', 2, { parent: 'v.1', replaces: ['v.1'], unknown: { later: [] } })),
  ],
  words: [
    '"__proto__":',
    '"history":',
    '"state":"good"',
    '"bindings":{}',
    'null',
    '[]',
    '{}',
    '1e999',
    '"unknown":1,',
    '"replaces":["v.1"],',
    '"reset":{"mode":"config","keep":["identity",{"base64":"/w=="}]},',
  ],
  attempt(input) {
    const record = versionFromJson(input, 'fuzz');
    assert.ok(isVersionId(record.id));
    assert.ok(Number.isSafeInteger(record.order));
    assert.ok(nextOrder([record]) > record.order);
    const text = versionToJson(record);
    assert.deepEqual(versionFromJson(text, 'again'), record, 'it reads what it writes');
    // An older record lacks these.
    const keys = [...Object.keys(JSON.parse(input)), 'replaces', 'reset'];
    assert.deepEqual(new Set(Object.keys(JSON.parse(text))), new Set(keys), 'no key is lost');
    return `${record.state} ${record.boot === null} ${record.history.length} ${Object.keys(record.bindings).length}`;
  },
});

fuzz({
  name: 'declarations of volumes',
  seeds: [
    'volume home /home class=data\nvolume settings /etc/opt class=config binding=version # why\n',
    '\xef\xbb\xbfvolume pg /var/lib/pg\\ 15/ class=state binding=shared options=noatime,x=50%\r\n',
  ],
  words: [
    'volume ',
    ' class=',
    ' class=data',
    ' options=',
    ' binding=version',
    '/',
    '/etc',
    '/usr/',
    '\\x',
    '..',
    '#',
    '%',
    '\0',
  ],
  attempt(input) {
    const volumes = orderDeclared(parseVolumes(input, 'fuzz'));
    for (const volume of volumes) {
      const { unit, link } = mountUnit(
        volume,
        { version: 'v.1', branch: 'main' },
        { what: '/x', type: 'x', options: [] },
      );
      const lines = unit.content.split('\n').filter((line) => line.startsWith('Where='));
      assert.equal(lines.length, 1, 'a mount point adds no line to its unit');
      assert.equal(lines[0]?.replaceAll('%%', '%'), `Where=${volume.mountPoint}`);
      for (const { path } of [unit, link])
        assert.match(path, /^\/etc\/systemd\/system\.attached\/(local-fs\.target\.requires\/)?[^/]{1,255}$/);
    }
    return `${volumes.length} ${volumes.map(({ binding, options }) => `${binding}${Math.min(options.length, 3)}`).join('')}`;
  },
});
