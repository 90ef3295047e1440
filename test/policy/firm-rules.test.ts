import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteString } from '../../src/domain/bytes.ts';
import { compilePolicy, type Policy } from '../../src/policy/compile.ts';
import { explainPath } from '../../src/policy/explain.ts';
import { orderRules } from '../../src/policy/order.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

/** A policy of these lines with the built-in rules. */
function policyWith(...lines: readonly ByteString[]): Policy {
  const packages = new Map([['shadow', new Set(['/etc/passwd', '/etc/ld.so.cache'])]]);
  const rules = parsePolicy(lines.join('\n'), 'x.policy');
  return compilePolicy(orderRules([{ name: 'x.policy', rules }]), (name) => packages.get(name) ?? null);
}

const strategyPlaces: readonly (readonly [path: string, strategy: string, exact: boolean])[] = [
  ...['passwd', 'shadow', 'group', 'gshadow', 'subuid', 'subgid'].flatMap((name) => [
    [`/etc/${name}`, 'accounts', true] as const,
    [`/etc/${name}-`, 'accounts', true] as const,
  ]),
  ['/etc/fstab', 'fstab', true],
  ['/etc/systemd/system/x.service', 'units', false],
  ['/etc/systemd/user/default.target.wants/x.service', 'units', false],
  ['/usr/lib/modules/6.1.0/extra/x.ko', 'modules', false],
  ['/lib/modules/6.1.0/updates/dkms/x.ko.xz', 'modules', false],
];

test('a path whose format is known has its strategy, by a built-in rule with a reason', () => {
  const policy = policyWith();
  for (const [path, name, exact] of strategyPlaces) {
    const { strategy, verb } = policy.verdictOf(path);
    assert.deepEqual([strategy?.name, strategy?.exact, verb], [name, exact, 'persist'], path);
    assert.equal(strategy?.rule.source.file, 'built in');
    assert.ok(strategy?.rule.reason);
  }
  for (const path of ['/etc/passwd2', '/etc/systemd/system', '/etc/systemd/system.conf', '/usr/lib/modules'])
    assert.equal(policy.verdictOf(path).strategy, null, path);
});

test('no broad rule takes a path away from the strategy that knows its format, wherever it stands', () => {
  const policy = policyWith(
    'persist /etc/** strategy=merge',
    'persist pkg:shadow strategy=copy',
    'persist /** strategy=ask',
  );
  for (const [path, name] of strategyPlaces) assert.equal(policy.verdictOf(path).strategy?.name, name, path);
  assert.equal(policy.verdictOf('/etc/motd').strategy?.name, 'ask');
  const subtree = policyWith('persist /etc/systemd/system/ strategy=copy', 'persist /etc/fsta[b] strategy=copy');
  assert.equal(subtree.verdictOf('/etc/systemd/system/x.service').strategy?.name, 'units');
  assert.equal(subtree.verdictOf('/etc/fstab').strategy?.name, 'fstab');
});

test('a rule that names the exact path takes it away, even before a broad one', () => {
  const policy = policyWith(
    'persist /etc/fstab strategy=copy',
    'persist /etc/passwd class=identity',
    'persist /** strategy=merge',
  );
  const fstab = policy.verdictOf('/etc/fstab').strategy;
  assert.deepEqual([fstab?.name, fstab?.exact, fstab?.rule.source], ['copy', true, { file: 'x.policy', line: 1 }]);
  const passwd = policy.verdictOf('/etc/passwd');
  assert.deepEqual([passwd.strategy?.name, passwd.class], ['accounts', 'identity']);
});

test('a strategy says nothing of whether the path is carried', () => {
  const policy = policyWith('default ignore', 'persist /usr/lib/modules/*/extra/', 'pin /etc/fstab', 'ignore /etc/**');
  assert.equal(policy.verdictOf('/etc/fstab').verb, 'ignore');
  assert.equal(policy.verdictOf('/etc/fstab').rule.source.line, 4);
  assert.equal(policy.verdictOf('/usr/lib/modules/6.1/extra/x.ko').verb, 'persist');
  const inBase = policy.verdictOf('/usr/lib/modules/6.1/kernel/x.ko');
  assert.deepEqual([inBase.verb, inBase.rule.verb, inBase.strategy?.name], ['ignore', 'default', 'modules']);
  assert.equal(policyWith('pin /etc/fstab').verdictOf('/etc/fstab').verb, 'pin');
});

/** At least one path of every group of derived files. */
const derivedPaths: readonly string[] = [
  '/etc/.updated',
  '/var/.updated',
  '/etc/selinux/targeted/policy/policy.33',
  '/etc/selinux/default/contexts/files/file_contexts',
  '/etc/selinux/targeted/contexts/files/file_contexts.homedirs.bin',
  '/var/lib/selinux/targeted/active/policy.kern',
  '/etc/crypto-policies/back-ends/opensshserver.config',
  '/etc/crypto-policies/state/current',
  '/etc/authselect/system-auth',
  '/etc/ld.so.cache',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/var/cache/libvirt/qemu/capabilities/x.xml',
  '/var/lib/libvirt/qemu/capabilities/x.xml',
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/info/bash.list',
  '/var/lib/rpm/rpmdb.sqlite',
  '/usr/lib/sysimage/rpm/rpmdb.sqlite',
  '/var/lib/initramfs-tools/6.1.0-40-amd64',
  '/usr/local/lib/python3.11/dist-packages/own/__pycache__',
  '/usr/local/lib/python3.11/dist-packages/own/__pycache__/a.cpython-311.pyc',
];

test('cases 55, 57, 58, 60: what is derived stays, whatever broad rule would carry it', () => {
  const policy = policyWith('persist /**', 'pin /etc/**', 'persist /var/cache/', 'persist pkg:shadow');
  for (const path of derivedPaths) {
    const { verb, rule } = policy.verdictOf(path);
    assert.deepEqual([verb, rule.source.file], ['ignore', 'built in'], path);
    assert.ok(rule.reason, path);
  }
});

test('a rule that names a derived file carries it, even before a broad one', () => {
  for (const path of derivedPaths) {
    const policy = policyWith(`persist ${path}`, 'ignore /**');
    assert.equal(policy.verdictOf(path).verb, 'persist', path);
  }
  const twice = policyWith('persist /etc/ld.so.cache', 'pin /etc/ld.so.cache', 'persist /**');
  assert.equal(twice.verdictOf('/etc/ld.so.cache').verb, 'pin');
});

test('the records of migrations yield to nothing, not even to a rule that names them', () => {
  const policy = policyWith('persist /var/lib/migrate/plan.json', 'pin /.migrate');
  assert.equal(policy.verdictOf('/var/lib/migrate/plan.json').verb, 'ignore');
  assert.equal(policy.verdictOf('/.migrate').verb, 'ignore');
});

test('an explanation shows built-in rules that hold, and which rule took the place of one that does not', () => {
  const policy = policyWith('persist /etc/** strategy=merge', 'persist /etc/ld.so.cache');
  const shown = (path: string) =>
    explainPath(policy, path).rules.map(({ rule, decides }) => [rule.source.file, rule.verb, decides]);
  assert.deepEqual(shown('/etc/fstab'), [
    ['built in', 'default', []],
    ['x.policy', 'persist', ['verb']],
    ['built in', 'attributes', ['strategy']],
  ]);
  assert.deepEqual(shown('/etc/ld.so.cache'), [
    ['built in', 'default', []],
    ['x.policy', 'persist', ['strategy']],
    ['x.policy', 'persist', ['verb']],
    ['built in', 'ignore', []],
  ]);
});

test('every built-in rule has a number of its own', () => {
  const lines = orderRules([]).map(({ source }) => source.line);
  assert.equal(new Set(lines).size, lines.length);
});
