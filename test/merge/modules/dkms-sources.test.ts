import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decide, image, old, onlyItem, trixie, withModule } from './decide-modules.ts';

const names = 'PACKAGE_NAME="driver"\nPACKAGE_VERSION="1.0" # x\nAUTOINSTALL="yes"\n';
const dkmsConf = `${names}BUILT_MODULE_NAME[0]=vendor\n`;
const added = { ...withModule, '/var/lib/dkms/driver/1.0/source': { link: '/usr/src/driver-1.0' } };
const withSources = { ...added, '/usr/src/driver-1.0/dkms.conf': dkmsConf };
const builder = {
  ...image(trixie.release, trixie),
  '/usr/sbin/dkms': '',
  [`/usr/lib/modules/${trixie.release}/build`]: { link: `/usr/src/linux-headers-${trixie.release}` },
  [`/usr/src/linux-headers-${trixie.release}/Makefile`]: '',
};

test('case 63: with its sources here and dkms in the image a module is built after the boot', () => {
  const item = onlyItem(decide(withSources, builder).items);
  assert.deepEqual([item.severity, item.blocks, item.settled?.resolution], ['warning', 'nothing', 'dkms']);
  for (const configuration of [
    `${names}name="vendor"\nBUILT_MODULE_NAME[1]="\${name}"\n`,
    `${names}name=vendor\nBUILT_MODULE_NAME='$name'\n`,
    'PACKAGE_NAME=vendor\nPACKAGE_VERSION=2\nAUTOINSTALL=yes\n',
  ]) {
    const ours = { ...added, '/var/lib/dkms/vendor/2/source': '', '/usr/src/any/dkms.conf': configuration };
    assert.equal(onlyItem(decide(ours, builder).items).settled?.resolution, 'dkms', configuration);
  }
  const computed = {
    ...added,
    '/usr/src/driver-1.0/dkms.conf': `${names}BUILT_MODULE_NAME[0]=$(name)\n`,
    '/var/lib/dkms/driver/1.0/6.1.0-1/x86_64/module/vendor.ko': '',
  };
  assert.equal(onlyItem(decide(computed, builder).items).settled?.resolution, 'dkms');
});

test('case 63: dkms is no default where it cannot build, comes too late, or where its sources are left behind', () => {
  const conf = '/usr/src/driver-1.0/dkms.conf';
  const asked = { ...withSources, [conf]: dkmsConf.replace('AUTOINSTALL', 'X') };
  const unknown = { ...withModule, [conf]: dkmsConf };
  const early = { ...withSources, '/etc/initramfs-tools/modules': 'vendor\n' };
  const { [`/usr/src/linux-headers-${trixie.release}/Makefile`]: _, ...noHeaders } = builder;
  const { '/usr/sbin/dkms': __, ...noDkms } = builder;
  const cases = [
    [early, builder],
    [withSources, noHeaders],
    [withSources, noDkms],
    [asked, builder],
    [unknown, builder],
  ] as const;
  for (const [ours, theirs] of cases) {
    const item = onlyItem(decide(ours, theirs).items);
    assert.equal(item.settled, null);
    assert.deepEqual(
      item.resolutions.map(({ id }) => id),
      ['dkms', 'old-kernel'],
    );
  }
  const ids = onlyItem(decide(withSources, builder, old, [conf]).items).resolutions.map(({ id }) => id);
  assert.deepEqual(ids, ['old-kernel']);
});

test('case 63: where the new kernel has a module of that name itself, that one is the default', () => {
  const builtIn = { ...builder, [`/usr/lib/modules/${trixie.release}/modules.builtin`]: 'kernel/x/vendor.ko\n' };
  const item = onlyItem(decide(withSources, builtIn).items);
  assert.deepEqual([item.severity, item.settled?.resolution], ['warning', 'image']);
});
