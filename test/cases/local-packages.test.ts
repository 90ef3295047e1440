import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import type { Choices } from '../../src/domain/choices.ts';
import type { Plan } from '../../src/domain/plan.ts';
import { buildDeb, buildRpm, installDebs, installRpms } from '../packages/make-packages.ts';
import { inventory, itemKeys, itemOf, Root, type Roots, withRoots } from './migration.ts';
import { applyTo, planOf, withWorkshop } from './package-roots.ts';

const policy =
  'default persist\nignore /usr/**\nignore /var/lib/dpkg/**\nignore /var/lib/apt/**\nignore /var/lib/rpm/**\n';

/** A machine on which `editor` was installed by hand, and `library` came with it. */
async function withEditor(check: (roots: Roots) => void): Promise<void> {
  await withWorkshop(async (directory) => {
    const base = buildDeb(directory, { name: 'base', files: { '/etc/base.conf': { content: 'b\n' } } });
    const files = { '/etc/editor.conf': { content: 'e\n' }, '/usr/bin/editor': { content: 'editor\n', mode: 0o755 } };
    const editor = buildDeb(directory, { name: 'editor', relations: ['Depends: base, library (>= 1)'], files });
    const library = buildDeb(directory, { name: 'library', files: { '/usr/lib/library.so': { content: 'lib\n' } } });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      for (const root of [roots.base, roots.ours, roots.theirs]) installDebs(root, [base]);
      installDebs(roots.ours, [library, editor]);
      writeAt(roots.ours, 'var/lib/apt/extended_states', 'Package: library\nArchitecture: all\nAuto-Installed: 1\n');
      check(roots);
    });
  });
}

function writeAt(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

function answer(plan: Plan, resolution: string): Choices {
  const { key, fingerprint } = itemOf(plan.items, 'local-package:editor');
  return new Map([[key, { fingerprint, resolution }]]);
}

test('a package that was installed here is an item, and by default it is installed again after the boot', async () => {
  await withEditor((roots) => {
    const before = inventory(roots.ours);
    const { plan, status } = applyTo(roots, { policy });
    assert.equal(status, 'done');
    assert.deepEqual(itemKeys(plan), ['local-package:editor']);
    const item = itemOf(plan.items, 'local-package:editor');
    assert.deepEqual([item.severity, item.settled], ['warning', { resolution: 'reinstall', by: 'default' }]);
    assert.match(item.detail, /With it came library$/);
    assert.deepEqual(
      item.resolutions.map(({ id, dataLoss }) => [id, dataLoss]),
      [
        ['reinstall', 'none'],
        ['carry', 'none'],
        ['drop', 'none'],
      ],
    );
    const result = new Root(roots.theirs);
    assert.equal(result.text('/var/lib/migrate/reinstall'), 'editor\n');
    assert.equal(result.text('/etc/editor.conf'), 'e\n');
    assert.ok(!result.exists('/usr/bin/editor'));
    assert.deepEqual(inventory(roots.ours), before);
  });
});

test('case 59: a unit enabled here whose package is installed again after the boot is noted, to be enabled with it', async () => {
  const unit = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
  await withEditor((roots) => {
    writeAt(roots.ours, 'usr/lib/systemd/system/editor.service', unit);
    const wants = join(roots.ours, 'etc/systemd/system/multi-user.target.wants');
    mkdirSync(wants, { recursive: true });
    symlinkSync('/usr/lib/systemd/system/editor.service', join(wants, 'editor.service'));
    const { plan, status } = applyTo(roots, { policy });
    assert.equal(status, 'done');
    assert.deepEqual(itemKeys(plan), ['local-package:editor', 'unit-gone:/etc/systemd/system/editor.service']);
    const result = new Root(roots.theirs);
    assert.equal(result.text('/var/lib/migrate/reinstall-units'), '/etc/systemd/system/editor.service\n');
    assert.ok(!result.exists('/etc/systemd/system/multi-user.target.wants/editor.service'));
  });
});

test('chosen to be carried, its files and those of what came with it are carried, and nothing else of /usr', async () => {
  await withEditor((roots) => {
    writeAt(roots.ours, 'usr/bin/other', 'o\n');
    const { plan } = applyTo(roots, { policy, choices: answer(planOf(roots, { policy }), 'carry') });
    const result = new Root(roots.theirs);
    assert.equal(result.text('/usr/bin/editor'), 'editor\n');
    assert.equal(result.mode('/usr/bin/editor'), '755');
    assert.equal(result.text('/usr/lib/library.so'), 'lib\n');
    assert.ok(!result.exists('/usr/bin/other') && !result.exists('/var/lib/migrate/reinstall'));
    assert.equal(itemOf(plan.items, 'local-package:editor').settled?.by, 'choice');
  });
});

test('chosen to be dropped, its settings stay and its programs do not come', async () => {
  await withEditor((roots) => {
    applyTo(roots, { policy, choices: answer(planOf(roots, { policy }), 'drop') });
    const result = new Root(roots.theirs);
    assert.ok(result.exists('/etc/editor.conf'));
    assert.ok(!result.exists('/usr/bin/editor') && !result.exists('/var/lib/migrate/reinstall'));
  });
});

test('what has not been installed again yet, or was given up, is asked for again in the next version', async () => {
  await withEditor((roots) => {
    writeAt(roots.ours, 'var/lib/migrate/reinstall', 'pager\neditor\n');
    writeAt(roots.ours, 'var/lib/migrate/reinstall-failed', 'from-a-file\npager\n');
    const { plan } = applyTo(roots, { policy });
    assert.deepEqual(itemKeys(plan), ['local-package:editor', 'local-package:pager', 'local-package:from-a-file']);
    assert.equal(new Root(roots.theirs).text('/var/lib/migrate/reinstall'), 'editor\npager\nfrom-a-file\n');
  });
});

test('case 59: a unit whose package has not come back is enabled with it in the version after the next, or when an image has it', async () => {
  const unit = '[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\n';
  const link = '/etc/systemd/system/multi-user.target.wants/pager.service';
  await withEditor((roots) => {
    writeAt(roots.ours, 'var/lib/migrate/reinstall', 'editor\npager\n');
    writeAt(roots.ours, 'var/lib/migrate/reinstall-units', '/etc/systemd/system/pager.service\n');
    const { plan } = applyTo(roots, { policy });
    assert.deepEqual(itemKeys(plan), [
      'local-package:editor',
      'local-package:pager',
      'unit-gone:/etc/systemd/system/pager.service',
    ]);
    const result = new Root(roots.theirs);
    assert.equal(result.text('/var/lib/migrate/reinstall-units'), '/etc/systemd/system/pager.service\n');
    assert.ok(!result.exists(link));
  });
  await withEditor((roots) => {
    writeAt(roots.ours, 'var/lib/migrate/reinstall', 'editor\n');
    writeAt(roots.ours, 'var/lib/migrate/reinstall-units', '/etc/systemd/system/pager.service\n');
    writeAt(roots.theirs, 'usr/lib/systemd/system/pager.service', unit);
    const { plan } = applyTo(roots, { policy });
    assert.deepEqual(itemKeys(plan), ['local-package:editor']);
    const result = new Root(roots.theirs);
    assert.equal(result.target(link), '/usr/lib/systemd/system/pager.service');
    assert.ok(!result.exists('/var/lib/migrate/reinstall-units'));
  });
});

test('packages that were removed here and that the image brings again are named', async () => {
  await withWorkshop(async (directory) => {
    const [base, mail, gone] = ['base', 'mail', 'gone'].map((name) =>
      buildDeb(directory, {
        name,
        files: { [`/usr/bin/${name}`]: { content: name }, [`/etc/${name}.conf`]: { content: 'c\n' } },
      }),
    );
    assert.ok(base !== undefined && mail !== undefined && gone !== undefined);
    const other = buildDeb(directory, { name: 'other-mail', relations: ['Provides: gone'], files: {} });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      installDebs(roots.base, [base, mail, gone]);
      installDebs(roots.theirs, [base, mail, gone]);
      installDebs(roots.ours, [base, mail, gone]);
      for (const [verb, name] of [
        ['--purge', 'mail'],
        ['--remove', 'gone'],
      ] as const)
        execFileSync('dpkg', [`--root=${roots.ours}`, '--force-script-chrootless', '--log=/dev/null', verb, name]);
      const { items } = planOf(roots, { policy });
      const { severity, title, detail, settled } = itemOf(items, 'removed-packages:/');
      assert.deepEqual([severity, settled], ['recommendation', null]);
      assert.equal(title, '2 packages that were removed here come back with the image');
      assert.match(detail, /^gone, mail\. Remove what is not wanted/);
      installDebs(roots.ours, [other]);
      assert.match(
        itemOf(planOf(roots, { policy }).items, 'removed-packages:/').title,
        /^1 package that was removed here/,
      );
      const { plan } = applyTo(roots, { policy });
      assert.ok(plan.items.length > 0);
      const result = new Root(roots.theirs);
      assert.ok(result.exists('/usr/bin/mail') && !result.exists('/etc/mail.conf'));
    });
  });
});

test('without the old image nobody knows who installed it: it is not installed again by default', async () => {
  await withEditor((roots) => {
    const { plan } = applyTo(roots, { policy, base: null });
    assert.equal(itemOf(plan.items, 'local-package:editor').settled?.resolution, 'drop');
    assert.ok(!new Root(roots.theirs).exists('/var/lib/migrate/reinstall'));
  });
});

test("an image without a database tells nothing of what it has: nothing is taken for the machine's own", async () => {
  await withEditor((roots) => {
    rmSync(join(roots.base, 'var/lib/dpkg'), { recursive: true });
    assert.equal(itemOf(planOf(roots, { policy }).items, 'local-package:editor').settled?.resolution, 'drop');
    rmSync(join(roots.theirs, 'var/lib/dpkg'), { recursive: true });
    assert.deepEqual(itemKeys(planOf(roots, { policy })), []);
    writeAt(roots.theirs, 'var/lib/dpkg/status', '');
    assert.deepEqual(itemKeys(planOf(roots, { policy })), []);
  });
});

test('a database that cannot be read is an item, and the rest is migrated', async () => {
  await withEditor((roots) => {
    writeAt(roots.ours, 'var/lib/dpkg/status', 'nonsense\n');
    const { plan } = applyTo(roots, { policy });
    assert.deepEqual(itemKeys(plan), ['packages-unread:/']);
    assert.match(itemOf(plan.items, 'packages-unread:/').detail, /status, line 1: not of the form/);
    assert.equal(new Root(roots.theirs).text('/etc/editor.conf'), 'e\n');
  });
});

test('packages of rpm are found too, and pkg: rules carry theirs', async () => {
  await withWorkshop(async (directory) => {
    const base = buildRpm(directory, { name: 'base', files: { '/etc/base.conf': { content: 'b\n' } } });
    const files = { '/usr/bin/editor': { content: 'editor\n', mode: 0o755 }, '/var/cache/e': { directive: '%ghost' } };
    const editor = buildRpm(directory, { name: 'editor', relations: ['Requires: library'], files });
    const library = buildRpm(directory, { name: 'library', files: { '/usr/lib/library.so': { content: 'lib\n' } } });
    await withRoots({ base: {}, ours: {} }, (roots) => {
      for (const root of [roots.base, roots.ours, roots.theirs]) installRpms(root, [base], '/var/lib/rpm');
      installRpms(roots.ours, [library, editor], '/var/lib/rpm');
      writeAt(roots.ours, 'var/cache/e', 'made\n');
      const rules = `${policy}ignore /var/cache/**\npersist pkg:editor\n`;
      const { plan } = applyTo(roots, { policy: rules });
      assert.match(itemOf(plan.items, 'local-package:editor').detail, /With it came library$/);
      const result = new Root(roots.theirs);
      assert.equal(result.text('/usr/bin/editor'), 'editor\n');
      assert.ok(!result.exists('/usr/lib/library.so') && !result.exists('/var/cache/e'));
    });
  });
});
