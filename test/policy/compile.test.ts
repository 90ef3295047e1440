import assert from 'node:assert/strict';
import { test } from 'node:test';
import { policyOf } from './policy-of.ts';

test('the last matching verb decides, however broad it is', () => {
  const policy = policyOf(['persist /usr/local/a', 'ignore /usr/**', 'persist /usr/local/', 'ignore /usr/local/*.o']);
  assert.equal(policy.verdictOf('/usr/bin').verb, 'ignore');
  assert.equal(policy.verdictOf('/usr/local').verb, 'persist');
  assert.equal(policy.verdictOf('/usr/local/a').rule.source.line, 3);
  assert.equal(policy.verdictOf('/usr/local/x.o').verb, 'ignore');
  assert.equal(policy.verdictOf('/usr/local/d/x.o').verb, 'persist');
});

test('each attribute comes from the last matching rule that sets it', () => {
  const policy = policyOf([
    'persist /etc/** strategy=merge class=settings',
    'persist /etc/ssh/** strategy=copy',
    'ignore /etc/ssh/moduli',
  ]);
  const { verb, strategy, class: itsClass } = policy.verdictOf('/etc/ssh/moduli');
  assert.deepEqual([verb, strategy?.name, strategy?.rule.source.line, itsClass], ['ignore', 'copy', 2, 'settings']);
  assert.equal(policy.verdictOf('/var').strategy, null);
  assert.equal(policy.verdictOf('/var').class, null);
});

test('a verdict and its strategy are exact only where the rule names that very path', () => {
  const policy = policyOf(['persist /etc/fstab strategy=ask', 'persist /etc/fsta?', 'persist /etc/**']);
  const verdict = policy.verdictOf('/etc/fstab');
  assert.equal(verdict.exact, false);
  assert.equal(verdict.strategy?.exact, true);
  assert.equal(policyOf(['ignore /**', 'persist /etc/fstab']).verdictOf('/etc/fstab').exact, true);
});

test('the default is persist, the last one that is written wins, and it never beats a rule', () => {
  assert.equal(policyOf([]).verdictOf('/x').verb, 'persist');
  const policy = policyOf(['default persist', 'persist /a', 'default ignore']);
  assert.equal(policy.verdictOf('/x').verb, 'ignore');
  assert.equal(policy.verdictOf('/x').rule.source.line, 3);
  assert.equal(policy.verdictOf('/a').verb, 'persist');
  assert.equal(policy.verdictOf('/').verb, 'ignore');
});

test('a rule for a package matches its files in its place among the rules, and nothing where it is unknown', () => {
  const policy = policyOf(
    ['ignore /usr/**', 'persist pkg:vdsm class=virt', 'ignore /usr/share/vdsm/doc', 'pin pkg:gone'],
    { vdsm: ['/usr/share/vdsm', '/usr/share/vdsm/a', '/usr/share/vdsm/doc'] },
  );
  assert.equal(policy.verdictOf('/usr/share/vdsm/a').verb, 'persist');
  assert.equal(policy.verdictOf('/usr/share/vdsm/a').exact, false);
  assert.equal(policy.verdictOf('/usr/share/vdsm/b').verb, 'ignore');
  assert.deepEqual(
    [policy.verdictOf('/usr/share/vdsm/doc').verb, policy.verdictOf('/usr/share/vdsm/doc').class],
    ['ignore', 'virt'],
  );
});

test('the order in which paths are asked for changes no verdict', () => {
  const lines = ['ignore /a/**/x', 'persist /a/*/x', 'ignore /a/b/', 'pin /**/y*'];
  const paths = ['/', '/a', '/a/b', '/a/b/x', '/a/c', '/a/c/x', '/a/c/d/x', '/y', '/a/yy', '/a/b/y', '/z/z/z/y1'];
  const forwards = policyOf(lines);
  const expected = new Map(paths.map((path) => [path, forwards.verdictOf(path).rule.source.line]));
  const backwards = policyOf(lines);
  for (const path of [...paths, ...paths].reverse()) {
    assert.equal(backwards.verdictOf(path).rule.source.line, expected.get(path), path);
  }
  assert.equal(forwards.verdictOf('/a/c/x').verb, 'persist');
});

test('case 4: a policy says whether it pins anything', () => {
  assert.equal(policyOf(['persist /etc/motd']).hasPins, false);
  const pinning = policyOf(['pin /etc/motd']);
  assert.equal(pinning.hasPins, true);
  assert.equal(pinning.verdictOf('/etc/motd').verb, 'pin');
});

test('case 116: required rules tell which paths satisfy them', () => {
  const policy = policyOf(
    [
      'persist /etc/ssh/ssh_host_* required',
      'persist /etc/hostname required',
      'persist pkg:vdsm required',
      'pin pkg:no required',
      'persist /x',
    ],
    { vdsm: ['/etc/vdsm.conf'] },
  );
  const [glob, literal, packaged, unknown, ...rest] = policy.requiredRules();
  assert.deepEqual(rest, []);
  assert.ok(glob !== undefined && literal !== undefined && packaged !== undefined && unknown !== undefined);
  assert.deepEqual([glob.paths, glob.within], [null, '/etc/ssh']);
  assert.equal(glob.matches('/etc/ssh/ssh_host_rsa_key'), true);
  assert.equal(glob.matches('/etc/ssh/sshd_config'), false);
  assert.deepEqual([...(literal.paths ?? [])], ['/etc/hostname']);
  assert.equal(literal.matches('/etc/hostname'), true);
  assert.deepEqual([...(packaged.paths ?? [])], ['/etc/vdsm.conf']);
  assert.equal(packaged.matches('/etc/vdsm.conf'), true);
  assert.equal(packaged.matches('/etc/hostname'), false);
  assert.equal(unknown.paths?.size, 0);
});
