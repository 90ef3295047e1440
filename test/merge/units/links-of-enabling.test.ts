import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnit } from '../../../src/merge/units/find-unit.ts';
import { linksIn } from '../../../src/merge/units/links.ts';
import { enablingOf } from '../../../src/merge/units/links-of-enabling.ts';
import { scopes } from '../../../src/merge/units/scope.ts';
import { file, symlink, type Tree } from '../../cases/trees.ts';
import { image, service, systemctl } from '../../cases/unit-trees.ts';
import { withTree } from './tree-on-disk.ts';

const [system] = scopes;
assert.ok(system !== undefined);
const scope = system;

/** Has systemctl enable the unit, and compares the links that it made with those expected of it. */
async function agrees(unit: string, units: Tree, expected: readonly string[]): Promise<void> {
  await withTree(image(units), (directory, tree) => {
    const found = findUnit(tree, scope, unit);
    assert.ok(found !== null);
    const links = [...enablingOf(tree, scope, found).links.keys()].sort();
    systemctl(directory, 'enable', unit);
    assert.deepEqual(links, [...linksIn(tree, scope, () => true).keys()].sort());
    assert.deepEqual(links, expected.map((path) => `/etc/systemd/system/${path}`).sort());
  });
}

test('case 59: several targets, quotes, comments and lines that go on', async () => {
  const lines = ['# WantedBy=no.target', 'WantedBy=a.target "b.target" \\', ';RequiredBy=no.target', '  c.target'];
  const expected = ['a.target.wants/a.service', 'b.target.wants/a.service', 'c.target.wants/a.service'];
  await agrees('a.service', { 'a.service': service(...lines) }, expected);
});

test('case 59: an empty value forgets those before it, in drop-ins too, the first directory of a name having its way', async () => {
  const folder = (at: string): string => `${at}/systemd/system/a.service.d`;
  const units = {
    'a.service': service('WantedBy=a.target', 'WantedBy=', 'WantedBy=b.target', 'RequiredBy=r.target'),
    [`${folder('/usr/lib')}/10-x.conf`]: file('[Install]\nRequiredBy=\nRequiredBy=s.target\n'),
    [`${folder('/usr/lib')}/20-x.conf`]: file('[Install]\nWantedBy=no.target\n'),
    [`${folder('/etc')}/20-x.conf`]: file('[Service]\nWantedBy=no.target\n[Install]\nWantedBy=c.target\n'),
    [`${folder('/usr/lib')}/30-x`]: file('[Install]\nWantedBy=no.target\n'),
  };
  await agrees('a.service', units, [
    'b.target.wants/a.service',
    'c.target.wants/a.service',
    's.target.requires/a.service',
  ]);
});

test('case 59: specifiers of a plain unit', async () => {
  const lines = ['WantedBy=%p.target x-%j.target %N.slice', 'Alias=%n also-%p.service'];
  await agrees('foo-bar.service', { 'foo-bar.service': service(...lines) }, [
    'foo-bar.target.wants/foo-bar.service',
    'x-bar.target.wants/foo-bar.service',
    'foo-bar.slice.wants/foo-bar.service',
    'also-foo-bar.service',
  ]);
});

test('case 59: an instance hands itself on to what it is wanted by and to its aliases', async () => {
  const lines = ['WantedBy=%i.target x@%i.service', 'Alias=auto@.service', 'DefaultInstance=no'];
  await agrees('foo@one.service', { 'foo@.service': service(...lines) }, [
    'one.target.wants/foo@one.service',
    'x@one.service.wants/foo@one.service',
    'auto@one.service',
  ]);
});

test('case 59: a template is enabled as its default instance', async () => {
  const lines = ['WantedBy=x-%i.target %p.target', 'DefaultInstance=tty1', 'Alias=auto@.service'];
  await agrees('foo@.service', { 'foo@.service': service(...lines) }, [
    'x-tty1.target.wants/foo@tty1.service',
    'foo.target.wants/foo@tty1.service',
    'auto@.service',
  ]);
});

test('case 59: a unit of /etc or /usr/local hides that of the image, and one in a real /lib is found', async () => {
  const hidden = { 'a.service': service('WantedBy=no.target') };
  for (const at of ['/etc', '/usr/local/lib']) {
    const own = { [`${at}/systemd/system/a.service`]: service('WantedBy=a.target') };
    await agrees('a.service', { ...hidden, ...own }, ['a.target.wants/a.service']);
  }
  const { '/lib': _, ...split } = image({});
  await withTree({ ...split, '/lib/systemd/system/a.service': service('WantedBy=a.target') }, (_directory, tree) => {
    assert.deepEqual(findUnit(tree, scope, 'a.service'), { name: 'a.service', path: '/lib/systemd/system/a.service' });
  });
});

test('case 59: a unit is found behind links from name to name, unless these go round', async () => {
  const units = {
    'a.service': service(),
    'b.service': symlink('a.service'),
    'c.service': symlink('/lib/systemd/system/b.service'),
    'x.service': symlink('y.service'),
    'y.service': symlink('x.service'),
    't@.service': service(),
    'u@.service': symlink('t@.service'),
    'hidden.service': symlink('/dev/null'),
  };
  await withTree(image(units), (_directory, tree) => {
    const names = ['c.service', 'x.service', 'u@one.service', 'hidden.service', 'none.service'];
    const found = names.map((name) => findUnit(tree, scope, name)?.name ?? null);
    assert.deepEqual(found, ['a.service', null, 't@one.service', null, null]);
  });
});
