import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withFilesystem } from '../system/loop-filesystem.ts';
import { type Ran, runInRoot } from './debian-root.ts';

const record = 'var/lib/migrate/initramfs-stale';
const initrd = `boot/initrd.img-${release()}`;

/** A system after its first boot as a new version: options of a driver were carried, the initramfs is the image's. */
const prepared = [
  'mkdir -p /var/lib/migrate /etc/modprobe.d',
  'echo "{}" > /var/lib/migrate/initramfs-stale',
  'echo "options vfat debug=7" > /etc/modprobe.d/carried.conf',
  'echo vfat >> /etc/initramfs-tools/modules',
  `echo image > /${initrd}`,
].join('\n');
/** dracut is there, but the image's initramfs is not its work. */
const byInitramfsTools = 'rm -r /usr/lib/dracut/modules.d/50migrate';
const program = '/usr/lib/migrate/regenerate-initramfs';

async function run(prepare: string, check: (ran: Ran) => void, script = program): Promise<void> {
  await withFilesystem('tmpfs', async (scratch) => check(await runInRoot(scratch, `${prepared}\n${prepare}`, script)), {
    size: '512M',
  });
}

test('case 56: update-initramfs makes the initramfs anew with what was carried, and the record goes', async () => {
  const look = `${program}; mkdir /look; unmkinitramfs /${initrd} /look; find /look -name carried.conf -exec cat {} +`;
  await run(
    byInitramfsTools,
    ({ status, output, changed }) => {
      assert.equal(status, 0, output);
      assert.match(output, /options vfat debug=7/);
      assert.match(output, /in force from the next boot: restart/);
      assert.equal(existsSync(join(changed, record)), false);
      assert.match(readFileSync(join(changed, 'run/reboot-required'), 'utf8'), /restart required/);
    },
    look,
  );
});

for (const [what, prepare] of [
  ['there is only dracut', `rm /usr/sbin/update-initramfs; ${byInitramfsTools}`],
  ['dracut has our module, as it made the initramfs of the image', ''],
] as const) {
  test(`case 56: where ${what}, dracut makes the initramfs`, async () => {
    await run(prepare, ({ status, output, changed }) => {
      assert.equal(status, 0, output);
      assert.ok(statSync(join(changed, initrd)).size > 1_000_000);
      assert.equal(existsSync(join(changed, record)), false);
      assert.match(output, /in force from the next boot: restart/);
      assert.doesNotMatch(output, /update-initramfs/);
    });
  });
}

const obstacles = [
  {
    what: 'there is no program that makes one',
    prepare: 'rm /usr/sbin/update-initramfs /usr/bin/dracut',
    says: /there is neither dracut nor update-initramfs/,
  },
  {
    what: '/boot is listed and not mounted',
    prepare: 'echo "LABEL=boot /boot ext4 defaults 0 2" > /etc/fstab',
    says: /\/boot is in \/etc\/fstab and not mounted/,
  },
  {
    what: 'updates of it are switched off',
    prepare: `${byInitramfsTools}; echo update_initramfs=no > /etc/initramfs-tools/update-initramfs.conf`,
    says: /nothing was written to \/boot/,
  },
  {
    what: 'making it fails',
    prepare: `${byInitramfsTools}; echo "exit 3" > /etc/initramfs-tools/hooks/broken; chmod +x /etc/initramfs-tools/hooks/broken`,
    says: /update-initramfs failed/,
  },
];

for (const { what, prepare, says } of obstacles) {
  test(`case 56: where ${what}, it says so, and the record stays for the next boot`, async () => {
    await run(prepare, ({ status, output, changed }) => {
      assert.equal(status, 1, output);
      assert.match(output, says);
      assert.match(output, /^<3>The initramfs of \S+ still lacks what was carried to this version: /m);
      assert.equal(existsSync(join(changed, record)), true);
      assert.equal(existsSync(join(changed, 'run/reboot-required')), false);
    });
  });
}

test('an initramfs that update-initramfs makes anew is taken to the boot loader when it is written', async () => {
  const standIn = `printf '#!/bin/sh\\necho "called: $*"; [ $(stat -c %%s /${initrd}) -gt 1000000 ]\\n' > /usr/bin/migrate`;
  await run(
    `${standIn}; chmod +x /usr/bin/migrate`,
    ({ status, output }) => {
      assert.equal(status, 0, output);
      assert.match(output, /^called: loader update --if-set$/m);
    },
    `update-initramfs -u -k ${release()}`,
  );
});

test('case 56: without a record nothing is done', async () => {
  await run('rm /var/lib/migrate/initramfs-stale', ({ status, changed }) => {
    assert.equal(status, 0);
    assert.equal(readFileSync(join(changed, initrd), 'utf8'), 'image\n');
  });
});
