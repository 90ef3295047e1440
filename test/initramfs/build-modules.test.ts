import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { type Ran, runInRoot } from './debian-root.ts';

const record = 'var/lib/migrate/modules-to-build';

/**
 * A system after its first boot as a new version, with the sources of a module. What builds it copies one of the kernel's
 * own: there is no compiler, and what is under test is who starts dkms and what he believes.
 */
const prepared = [
  'mkdir -p /var/lib/migrate /usr/src/vendor-1.0',
  `echo '{"schema":"migrate.work/1","paths":["/usr/lib/modules/1/updates/vendor.ko.xz"]}' > /${record}`,
  `mkdir -p /usr/lib/modules/${release()}/build/include`,
  'cat > /usr/src/vendor-1.0/dkms.conf << "END"',
  'PACKAGE_NAME="vendor"',
  'PACKAGE_VERSION="1.0"',
  'BUILT_MODULE_NAME[0]="vendor"',
  'DEST_MODULE_LOCATION[0]="/updates"',
  'MAKE[0]="cp $(find /usr/lib/modules -name vfat.ko) vendor.ko"',
  'CLEAN="true"',
  'AUTOINSTALL="yes"',
  'END',
  'touch /usr/src/vendor-1.0/Makefile',
  'dkms add vendor/1.0',
  // There is no service manager and no udev in the root; who would be told is not under test.
  'for name in systemctl udevadm; do ln -sf /bin/true /usr/bin/$name; done',
].join('\n');

async function run(prepare: string, check: (ran: Ran) => void): Promise<void> {
  const script = '/usr/lib/migrate/build-modules && modinfo -n vendor';
  await withFilesystem('tmpfs', async (scratch) => check(await runInRoot(scratch, `${prepared}\n${prepare}`, script)));
}

test('case 63: dkms builds the module for the running kernel, and the record goes', async () => {
  await run('', ({ status, output, changed }) => {
    assert.equal(status, 0, output);
    assert.match(output, /\/updates\/(dkms\/)?vendor\.ko/);
    assert.equal(existsSync(join(changed, record)), false);
  });
});

const obstacles = [
  { what: 'there is no dkms', prepare: 'rm /usr/sbin/dkms', says: /there is no dkms/ },
  {
    what: 'dkms fails',
    prepare: 'sed -i "s/^MAKE.*/MAKE[0]=false/" /usr/src/vendor-1.0/dkms.conf',
    says: /dkms failed/,
  },
  {
    what: 'dkms does not build it by itself',
    prepare: 'sed -i /AUTOINSTALL/d /usr/src/vendor-1.0/dkms.conf',
    says: /dkms has not built vendor/,
  },
];

for (const { what, prepare, says } of obstacles) {
  test(`case 63: where ${what}, it says so, and the record stays for the next boot`, async () => {
    await run(prepare, ({ status, output, changed }) => {
      assert.equal(status, 1, output);
      assert.match(output, says);
      assert.match(output, /^<3>Kernel modules /m);
      assert.equal(existsSync(join(changed, record)), true);
    });
  });
}
