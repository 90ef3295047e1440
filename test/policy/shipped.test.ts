import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { compilePolicy } from '../../src/policy/compile.ts';
import { orderRules } from '../../src/policy/order.ts';
import { parsePolicy } from '../../src/policy/parse.ts';

const directory = new URL('../../src/policy/shipped/', import.meta.url);
const names = readdirSync(directory).sort();
const files = names.map((name) => ({
  name,
  rules: parsePolicy(readFileSync(new URL(name, directory), 'latin1'), name),
}));
const policy = compilePolicy(orderRules(files), () => null);

test('the shipped policies are read without a mistake, and every rule has a reason', () => {
  assert.deepEqual(names, ['10-base.policy', '20-debian.policy', '20-fedora.policy']);
  for (const rule of files.flatMap(({ rules }) => rules)) {
    if (rule.verb !== 'default') assert.ok(rule.reason, `${rule.source.file}, line ${rule.source.line}`);
  }
});

const carried = [
  '/etc',
  '/etc/fstab',
  '/etc/alternatives/editor',
  '/etc/apt/sources.list',
  '/etc/cron.d/x',
  '/home',
  '/home/a/x',
  '/root/.bashrc',
  '/srv/www',
  '/opt/x/bin',
  '/usr/local',
  '/usr/local/bin/x',
  '/var/lib/postgresql',
  '/var/log/syslog',
  '/var/spool/cron/a',
  '/usr/lib/modules/6.1.0-40-amd64/updates',
  '/usr/lib/modules/6.1.0-40-amd64/updates/dkms/x.ko',
  '/usr/lib/modules/6.1/extra/x.ko',
  '/usr/lib/modules/6.1/weak-updates/x.ko',
  '/lib/modules/6.1/updates/x.ko',
  '/usr/lib/firmware/updates/x.bin',
  '/usr/src/vendor-driver-1.0',
  '/usr/src/vendor-driver-1.0/dkms.conf',
  '/usr/src/vendor-driver-1.0/src/linux-5/x.c',
  '/var/lib/dkms/vendor-driver/1.0/source',
  '/data',
  '/var/mail/a',
  '/var/lib/selinux/targeted/active/modules/400/my/cil',
  '/var/lib/selinux/targeted/active/booleans.local',
  '/var/cache',
  '/var/lib/dpkg/alternatives/editor',
  '/var/lib/alternatives/java',
  '/usr/local/share/ca-certificates/own.crt',
  '/var/log/dnf',
  '/var/backups/own.tar',
  '/etc/crypto-policies/config',
  '/etc/crypto-policies/policies/modules/OWN.pmod',
  '/etc/crypto-policies/local.d/openssl-own.config',
  '/etc/authselect/authselect.conf',
  '/etc/authselect/user-nsswitch.conf',
  '/etc/authselect/custom/own/system-auth',
  '/etc/pki/ca-trust/source/anchors/own.pem',
  '/etc/ca-certificates.conf',
  '/etc/ssl/certs/own.pem',
  '/etc/selinux/config',
  '/etc/selinux/targeted/contexts/files/file_contexts.local',
  '/var/lib/sss/db/cache_example.org.ldb',
  '/var/lib/libvirt/qemu/nvram/vm_VARS.fd',
  '/usr/local/lib/python3.11/dist-packages/own.py',
];
const ignored = [
  '/usr/bin/ls',
  '/usr/lib/modules/6.1/kernel/x.ko',
  '/usr/lib/modules/6.1/modules.dep',
  '/lib/x',
  '/usr/src/linux-headers-6.1.0-40-amd64/Makefile',
  '/usr/src/linux-kbuild-6.1/scripts/x',
  '/usr/src/linux-config-6.1/config.xz',
  '/usr/src/linux-source-6.1.tar.xz',
  '/usr/src/kernels/6.5.6-300.fc39.x86_64/Makefile',
  '/lib64',
  '/boot/vmlinuz',
  '/boot/grub/grubenv',
  '/var/cache/apt/pkgcache.bin',
  '/var/cache/debconf/config.dat',
  '/var/tmp/x',
  '/root/.cache/x',
  '/home/a/.cache/x/y',
  '/var/lib/dpkg/status',
  '/var/lib/dpkg/info/bash.list',
  '/var/lib/apt/lists/x',
  '/var/log/apt/history.log',
  '/var/log/dpkg.log',
  '/var/log/dpkg.log.1',
  '/var/lib/rpm',
  '/var/lib/rpm/rpmdb.sqlite',
  '/usr/lib/sysimage/rpm/rpmdb.sqlite',
  '/var/lib/dnf/history.sqlite',
  '/var/log/dnf.log',
  '/var/log/dnf.rpm.log.1',
  '/etc/selinux/targeted/policy/policy.33',
  '/etc/ssl/certs/ca-certificates.crt',
  '/var/lib/selinux/targeted/active/modules/100/x/cil',
  '/var/lib/systemd/deb-systemd-helper-enabled/x.service.dsh-also',
  '/var/lib/migrate/plan.json',
  '/tmp/x',
  '/initrd.img',
];

test('the files of a database are carried together, changed or not, and never merged', () => {
  for (const path of ['/var/lib/postgresql/17/main/PG_VERSION', '/var/lib/mysql/ibdata1', '/var/lib/ldap/data.mdb']) {
    const { verb, strategy } = policy.verdictOf(path);
    assert.deepEqual([verb, strategy?.name], ['pin', 'copy'], path);
  }
});

test('state of the machine is carried', () => {
  for (const path of carried) assert.equal(policy.verdictOf(path).verb, 'persist', path);
});

test('cases 57, 58, 60: content of the image, caches, package databases and derived files are not carried', () => {
  for (const path of ignored) assert.equal(policy.verdictOf(path).verb, 'ignore', path);
});

test('settings are merged, and what cannot be merged by lines is kept whole', () => {
  const strategies = [
    '/etc/ssh/sshd_config',
    '/etc/passwd',
    '/etc/.git/index',
    '/etc/ssl/private/x.key',
    '/etc/machine-id',
    '/home/a/x',
  ];
  assert.deepEqual(
    strategies.map((path) => policy.verdictOf(path).strategy?.name ?? null),
    ['merge', 'accounts', 'copy', 'copy', 'copy', null],
  );
});

test('case 54: identity and network settings carry their class for a reset that keeps them', () => {
  for (const path of [
    '/etc/machine-id',
    '/etc/ssh/ssh_host_rsa_key',
    '/etc/ssh/ssh_host_rsa_key.pub',
    '/etc/hostname',
    '/var/lib/dbus/machine-id',
  ]) {
    assert.equal(policy.verdictOf(path).class, 'identity', path);
  }
  for (const path of [
    '/etc/hosts',
    '/etc/network/interfaces',
    '/etc/NetworkManager/system-connections/x',
    '/etc/netplan/x.yaml',
  ]) {
    assert.equal(policy.verdictOf(path).class, 'network', path);
  }
  assert.equal(policy.verdictOf('/etc/ssh/sshd_config').class, null);
});
