import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RootPath } from '../../src/domain/path.ts';
import type { Reset, ResetMode } from '../../src/domain/reset.ts';
import { compilePolicy } from '../../src/policy/compile.ts';
import { orderRules } from '../../src/policy/order.ts';
import { parsePolicy } from '../../src/policy/parse.ts';
import { parseVolumes } from '../../src/policy/parse-volumes.ts';
import { isTakenBack, mayKeepBelow, resetPolicy } from '../../src/policy/reset.ts';

const text = `default persist
ignore /var/cache/**
persist /etc/machine-id class=identity
persist /var/lib/dbus/machine-id class=identity
persist pkg:app class=application
`;
const volumes = parseVolumes(
  'volume app /opt/app/etc class=config\nvolume tls /etc/tls class=state\nvolume own /etc/tls/own class=config\nvolume srv /etc/srv class=data\n',
  'x.volume',
);
const packages = (): ReadonlySet<RootPath> => new Set(['/srv/app/settings']);
const policy = compilePolicy(orderRules([{ name: 'x', rules: parsePolicy(text, 'x') }]), packages);

/** What of these paths a reset takes back to the image. */
function taken(mode: ResetMode, keep: readonly string[], paths: readonly RootPath[]): RootPath[] {
  const { verdictOf } = resetPolicy(policy, { reset: { mode, keep }, packages, volumes });
  return paths.filter((path) => isTakenBack(verdictOf(path)));
}

test('settings are /etc and volumes of settings, without the volumes of other classes in them', () => {
  const settings = ['/etc', '/etc/app.conf', '/etc/tls/own/key', '/opt/app/etc', '/opt/app/etc/x'];
  const others = ['/', '/etcetera', '/etc/tls', '/etc/tls/key', '/etc/srv/x', '/opt/app', '/opt/app/etc2', '/var/x'];
  assert.deepEqual(taken('config', [], [...settings, ...others]), settings);
  for (const mode of ['system', 'total'] as const)
    assert.deepEqual(taken(mode, [], [...settings, ...others]), [...settings, ...others]);
});

test('what is kept is what the policy says it is; what it leaves to the image anyway is not carried for that', () => {
  const paths = ['/etc/machine-id', '/etc/app.conf', '/srv/app/settings', '/var/cache/x'];
  assert.deepEqual(taken('system', ['identity'], paths), ['/etc/app.conf', '/srv/app/settings', '/var/cache/x']);
  assert.deepEqual(taken('system', ['pkg:app', '/var/cache/**'], paths), ['/etc/machine-id', '/etc/app.conf']);
  const reset: Reset = { mode: 'system', keep: ['/var/cache/**'] };
  const { verdictOf } = resetPolicy(policy, { reset, packages, volumes });
  assert.equal(verdictOf('/var/cache/x').verb, 'ignore');
});

test('a directory in which nothing can be kept is known by the classes and patterns that are kept', () => {
  const may = (keep: readonly string[], directory: RootPath): boolean =>
    mayKeepBelow(policy, { mode: 'total', keep }, directory);
  assert.equal(may([], '/srv'), false);
  assert.equal(may(['identity'], '/srv'), false);
  assert.equal(may(['identity'], '/var/lib'), true);
  assert.equal(may(['identity'], '/var/lib/dbus/machine-id'), true);
  assert.equal(may(['identity'], '/var/lib/dbus/other'), false);
  assert.equal(may(['application'], '/srv'), true, 'the files of a package lie anywhere');
  assert.equal(may(['/srv/*/settings'], '/srv/app'), true);
  assert.equal(may(['/srv/*/settings'], '/opt'), false);
  assert.equal(may(['/**'], '/opt'), true);
});
