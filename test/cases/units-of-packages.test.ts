import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { migrated, type Roots } from './migration.ts';
import { image, service, stateOf, systemctl } from './unit-trees.ts';

const policies = ['10-base', '20-debian'].map(
  (name) => new URL(`../../src/policy/shipped/${name}.policy`, import.meta.url),
);

/** Runs Debian's deb-systemd-helper on a tree as a package's scripts do; returns its exit status. */
function helper(root: string, verb: string, unit: string): number | null {
  const env = { ...process.env, DPKG_ROOT: root, DPKG_MAINTSCRIPT_PACKAGE: 'test' };
  const { status, error } = spawnSync('deb-systemd-helper', [verb, unit], { env, encoding: 'utf8' });
  assert.ifError(error);
  return status;
}

/** What debhelper puts into the postinst of a package with this unit (dh_installsystemd). */
function configurePackage(root: string, unit: string): void {
  helper(root, 'unmask', unit);
  if (helper(root, 'was-enabled', unit) === 0) assert.equal(helper(root, 'enable', unit), 0);
  else assert.equal(helper(root, 'update-state', unit), 0);
}

test('case 59: the next upgrade of a Debian package leaves its unit as the user left it', async () => {
  const names = ['disabled', 'masked', 'enabled', 'untouched'].map((name) => `${name}.service`);
  const units = (target: string) => Object.fromEntries(names.map((name) => [name, service(`WantedBy=${target}`)]));
  const situation = {
    base: image(units('multi-user.target')),
    ours: image(units('multi-user.target')),
    theirs: image(units('graphical.target')),
    policy: policies.map((path) => readFileSync(path, 'utf8')).join('\n'),
    prepare: ({ base, ours, theirs }: Roots) => {
      for (const root of [base, ours, theirs]) {
        mkdirSync(`${root}/etc/systemd/system`, { recursive: true });
        for (const name of names) if (name !== 'enabled.service') configurePackage(root, name);
      }
      systemctl(ours, 'disable', 'disabled.service');
      systemctl(ours, 'mask', 'masked.service');
      systemctl(ours, 'enable', 'enabled.service');
    },
  };
  await migrated(situation, ({ result: { directory: root } }) => {
    const states = (): string[] => names.map((name) => stateOf(root, name));
    const expected = ['disabled', 'masked', 'enabled', 'enabled'];
    assert.deepEqual(states(), expected);
    for (const name of names) if (name !== 'enabled.service') configurePackage(root, name);
    assert.deepEqual(states(), expected);
  });
});
