import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { buildRpm, installRpms, type TinyPackage } from '../packages/make-packages.ts';
import { decisionOf, Root, withRoots } from './migration.ts';
import { applyTo, withWorkshop } from './package-roots.ts';

const setting = '%config(noreplace)';

function tiny(version: string, classes: Readonly<Record<string, string>>): TinyPackage {
  const files = Object.entries(classes).map(
    ([path, directive]) => [path, { content: `${version}\n`, directive }] as const,
  );
  return { name: 'tiny', version, files: Object.fromEntries(files) };
}

const shipped =
  'default persist\nignore /usr/**\npersist /etc/** strategy=merge\npersist /etc/id* class=identity\nignore /var/lib/rpm/**\n';

const inUsr = ['always', 'once', 'later', 'never', 'local'];
const inEtc = ['made', 'made-setting', 'plain', 'id-made', 'exact'];

function writePolicy(directory: string, name: string, text: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), text);
}

test('case 62: settings in /usr are carried and what a package only declares in /etc is not, by the class of either version', async () => {
  await withWorkshop(async (directory) => {
    const old = tiny('1', {
      '/usr/share/t/always': setting,
      '/usr/share/t/once': setting,
      '/usr/share/t/later': '',
      '/usr/share/t/never': '',
      '/usr/share/t/local': setting,
      '/etc/made': '%ghost',
      '/etc/made-setting': `%ghost ${setting}`,
      '/etc/plain': setting,
      '/etc/id-made': '%ghost',
      '/etc/exact': '%ghost',
    });
    const next = tiny('1', {
      '/usr/share/t/always': setting,
      '/usr/share/t/once': '',
      '/usr/share/t/later': setting,
      '/usr/share/t/never': '',
      '/usr/share/t/local': setting,
      '/etc/made': '%ghost',
      '/etc/made-setting': '%ghost',
      '/etc/plain': '%ghost',
      '/etc/id-made': '%ghost',
      '/etc/exact': '%ghost',
    });
    const before = buildRpm(directory, old);
    const after = buildRpm(directory, { ...next, version: '2' });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      for (const root of [roots.base, roots.ours]) installRpms(root, [before], '/var/lib/rpm');
      installRpms(roots.theirs, [after], '/var/lib/rpm');
      writePolicy(join(roots.theirs, 'usr/lib/migrate/policy.d'), '10-base.policy', shipped);
      const own = 'ignore /usr/share/t/local*\npersist /etc/exact\n';
      writePolicy(join(roots.ours, 'etc/migrate/policy.d'), '50-local.policy', own);
      for (const name of inUsr) appendFileSync(join(roots.ours, 'usr/share/t', name), 'mine\n');
      for (const name of inEtc) writeFileSync(join(roots.ours, 'etc', name), 'mine\n');
      const { plan } = applyTo(roots, {});
      const result = new Root(roots.theirs);
      const carried = inUsr.filter((name) => result.text(`/usr/share/t/${name}`) === '1\nmine\n');
      assert.deepEqual(carried, ['always', 'once', 'later']);
      assert.equal(decisionOf(plan, '/usr/share/t/always').rule?.source.file, 'built in');
      const made = inEtc.filter((name) => result.exists(`/etc/${name}`));
      assert.deepEqual(made, ['made-setting', 'plain', 'id-made', 'exact']);
      assert.equal(decisionOf(plan, '/etc/made').reason, 'its package makes it while it is used');
    });
  });
});
