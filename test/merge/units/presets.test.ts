import assert from 'node:assert/strict';
import { test } from 'node:test';
import { presetOf, presetRulesOf, unitsToEnable } from '../../../src/merge/units/presets.ts';
import { scopes } from '../../../src/merge/units/scope.ts';
import { file, symlink, type Tree } from '../../cases/trees.ts';
import { image, service, systemctl } from '../../cases/unit-trees.ts';
import { withTree } from './tree-on-disk.ts';

const [system] = scopes;
assert.ok(system !== undefined);
const scope = system;

const units = ['a.service', 'ab.service', 'b.socket', 'c1.service', 'c2.service', 't@.service', 'x-y.service'];

/** Compares what the presets say with what systemctl says that they say, and both with what is expected. */
async function agrees(presets: Tree, enabled: readonly string[]): Promise<void> {
  const shipped = Object.fromEntries(units.map((name) => [name, service('WantedBy=multi-user.target')]));
  await withTree(image({ ...shipped, ...presets }), (directory, tree) => {
    const rules = presetRulesOf(tree, scope);
    const ours = units.filter((name) => presetOf(rules, name).action === 'enable');
    assert.deepEqual(ours, presetColumn(directory));
    assert.deepEqual(ours, enabled);
  });
}

/** The units that systemctl would enable by preset. */
function presetColumn(directory: string): string[] {
  const lines = systemctl(directory, 'list-unit-files', '--no-legend', '--no-pager', '--plain').split('\n');
  const columns = lines.map((line) => line.trim().split(/\s+/));
  const enabled = columns.filter(([, , preset]) => preset === 'enabled').flatMap(([name]) => name ?? []);
  return units.filter((name) => enabled.includes(name));
}

const at = (place: string, name: string): string => `${place}/systemd/system-preset/${name}.preset`;

test('case 59: without presets everything is enabled', async () => {
  await agrees({}, units);
});

test('case 59: the first line that matches holds, wildcards and comments as systemd has them', async () => {
  const text =
    '# disable *\n ; disable *\n\nbogus a.service\ndisable ab.*\nenable a*\nenable c[12].service\ndisable *\n';
  await agrees({ [at('/usr/lib', '50-x')]: file(text) }, ['a.service', 'c1.service', 'c2.service']);
});

test('case 59: sets, ranges and negations', async () => {
  const text = 'disable c[!1].service\ndisable [x-z]-?.service\ndisable [z-x]*\nenable *\n';
  await agrees({ [at('/usr/lib', '50-x')]: file(text) }, [
    'a.service',
    'ab.service',
    'b.socket',
    'c1.service',
    't@.service',
  ]);
});

test('case 59: files hold by their names over all directories; one of /etc replaces that of its name, or hides it', async () => {
  const presets = {
    [at('/usr/lib', '10-x')]: file('disable a.service\n'),
    [at('/usr/local/lib', '20-x')]: file('enable b.socket\n'),
    [at('/usr/lib', '20-x')]: file('disable b.socket\n'),
    [at('/etc', '30-x')]: symlink('/dev/null'),
    [at('/usr/lib', '30-x')]: file('enable c1.service\n'),
    [at('/etc', '90-x')]: file('enable a.service\ndisable *\n'),
    '/usr/lib/systemd/system-preset/00-x': file('enable *\n'),
  };
  await agrees(presets, ['b.socket']);
});

test('case 59: instances that a line names are enabled, others are not', async () => {
  const presets = { [at('/usr/lib', '50-x')]: file('enable t@.service one two\ndisable *\n') };
  await withTree(image({ ...presets, 't@.service': service('WantedBy=multi-user.target') }), (directory, tree) => {
    const rules = presetRulesOf(tree, scope);
    const instances = ['t@one.service', 't@two.service', 't@three.service'];
    assert.deepEqual(
      instances.map((name) => presetOf(rules, name).action),
      ['enable', 'enable', 'disable'],
    );
    systemctl(directory, 'preset', 't@.service');
    const enabled = tree.names('/etc/systemd/system/multi-user.target.wants');
    assert.deepEqual(unitsToEnable('t@.service', presetOf(rules, 't@.service')), enabled);
  });
});
