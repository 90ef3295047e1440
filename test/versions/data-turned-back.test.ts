import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dataTurnedBack } from '../../src/versions/data-turned-back.ts';
import { versionOf } from './version-of.ts';

const volumes = [
  { name: 'home', class: 'data', mountPoint: '/home' },
  { name: 'srv', class: 'data', mountPoint: '/srv' },
  { name: 'settings', class: 'config', mountPoint: '/etc/opt' },
] as const;
const from = versionOf('trixie.2', 'good', 2, { bindings: { home: 'trixie.2', srv: 'main', settings: 'trixie.2' } });
const to = versionOf('bookworm.1', 'retired', 1, {
  bindings: { home: 'bookworm.1', srv: 'main', settings: 'bookworm.1' },
});

test('turning data back is an item that names the volume and the dates; settings and shared data are none', () => {
  const items = dataTurnedBack(from, to, volumes);
  assert.equal(items.length, 1);
  const [item] = items;
  // Order 16 is when the old version was retired, order 24 when the new one was put on trial.
  assert.equal(item?.title, '/home goes back to 2026-01-17 12:00');
  assert.equal(
    item?.detail,
    'bookworm.1 uses the branch bookworm.1 of the volume home, as it was left on 2026-01-17 12:00. What was written since ' +
      'stays in the branch trixie.2 of trixie.2, in use since 2026-01-25 12:00, and bookworm.1 does not show it',
  );
  assert.deepEqual(
    [item?.kind, item?.subject, item?.severity, item?.blocks],
    ['data-turned-back', '/home', 'error', 'boot'],
  );
});

test('no answer that may lose data is the default', () => {
  const [item] = dataTurnedBack(from, to, volumes);
  assert.deepEqual(
    item?.resolutions.map((resolution) => [resolution.id, resolution.dataLoss, 'default' in resolution]),
    [
      ['follow', 'possible', false],
      ['keep', 'none', false],
    ],
  );
});

test('a volume that the other version does not use at all is named too', () => {
  const [item] = dataTurnedBack(from, { ...to, bindings: { srv: 'main' } }, volumes);
  assert.equal(item?.title, '/home goes back to 2026-01-17 12:00');
  assert.match(
    item?.detail ?? '',
    /^bookworm\.1 does not use the volume home: of \/home it has what its own root holds, as it was left on 2026-01-17 12:00\. What was written since/,
  );
});

test('the facts change with branches and dates, so that an old answer does not hold for another turn', () => {
  const again = versionOf('bookworm.1', 'retired', 3, { bindings: to.bindings });
  const [first, second] = [to, again].map((version) =>
    JSON.stringify(dataTurnedBack(from, version, volumes)[0]?.facts),
  );
  assert.notEqual(first, second);
});

test('two versions that use the same branches turn nothing back', () => {
  assert.deepEqual(dataTurnedBack(from, { ...to, bindings: from.bindings }, volumes), []);
});
