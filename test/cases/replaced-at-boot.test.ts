import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Plan } from '../../src/domain/plan.ts';
import { debianTree } from '../apply/debian-tree.ts';
import { itemKeys, itemOf, migrated } from './migration.ts';
import { directory, file, symlink, type Tree } from './trees.ts';

const lines = '/usr/lib/tmpfiles.d/debian.conf';
const console = '/etc/vconsole.conf';
const base: Tree = { '/etc': directory(), [lines]: file('') };

const ours: Tree = { ...base, [console]: file('KEYMAP=de\n') };

test('case 56: a setting that Debian 13 replaces at every boot is carried, and named with what replaces it', async () => {
  const theirs = { ...base, [lines]: file(readFileSync(join(await debianTree(), lines), 'latin1')) };
  const machine = { ...ours, '/etc/default/locale': file('LANG=de_DE.UTF-8\n') };
  await migrated({ base, ours: machine, theirs }, ({ result, plan }) => {
    assert.equal(result.text(console), 'KEYMAP=de\n');
    assert.deepEqual(replaced(plan), ['replaced-at-boot:/etc/default/locale', `replaced-at-boot:${console}`]);
    const { severity, title, detail } = itemOf(plan.items, `replaced-at-boot:${console}`);
    assert.equal(severity, 'warning');
    assert.match(`${title} ${detail}`, /a link to default\/keyboard .* \/usr\/lib\/tmpfiles\.d\/debian\.conf/);
  });
  const rule = 'default persist\npersist /etc/default/locale to=/etc/locale.conf\n';
  const linked = { ...theirs, '/etc/default/locale': symlink('../locale.conf') };
  await migrated({ base, ours: machine, theirs: linked, policy: rule }, ({ plan }) =>
    assert.deepEqual(replaced(plan), [`replaced-at-boot:${console}`]),
  );
});

test('case 56: of the lines of tmpfiles.d those count that replace, in files that no other hides', async () => {
  const keys = async (line: string, here: Tree = {}): Promise<string[]> => {
    let found: string[] = [];
    const theirs = { ...base, [lines]: file(`# Type Path\n${line}\n`) };
    await migrated({ base, ours: { ...ours, ...here }, theirs }, ({ plan }) => {
      found = replaced(plan);
    });
    return found;
  };
  const item = [`replaced-at-boot:${console}`];
  const replacing = [
    `L+ ${console} - - - - x`,
    `L$+!\t${console}`,
    `f+ ${console} 0644 root root - KEYMAP=us`,
    `F ${console}`,
  ];
  for (const line of replacing) assert.deepEqual(await keys(line), item, line);
  const others = [
    `L ${console} - - - - x`,
    `f ${console}`,
    `#L+ ${console}`,
    `C+ ${console}`,
    `L+ ${console}.d`,
    `w+ ${console}`,
  ];
  for (const line of others) assert.deepEqual(await keys(line), [], line);
  const [line = ''] = replacing;
  assert.deepEqual(await keys(line, { '/etc/tmpfiles.d/debian.conf': symlink('/dev/null') }), [], 'masked here');
  assert.deepEqual(await keys(line, { [console]: symlink('x') }), [], 'the same link');
  assert.deepEqual(await keys(line, { [console]: symlink('y') }), item, 'another link');
});

function replaced(plan: Plan): string[] {
  return itemKeys(plan).filter((key) => key.startsWith('replaced-at-boot:'));
}
