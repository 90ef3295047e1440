import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { commitRoot, fill, imageContent, inInitramfs, type Machine, withMachine } from './machine.ts';

const first = 'debian-12.1';

/** A machine in a store with the next version armed; gives its id. */
async function withArmed(body: (machine: Machine, id: string) => void | Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    await body(machine, machine.stage({ image, parent: first }).version.id);
  });
}

async function boot(machine: Machine, id: string): Promise<void> {
  const request = { store: machine.store, version: id };
  await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'migrating' });
  commitRoot(machine, machine.version(id));
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
}

const remove = (path: string): void => {
  execFileSync('btrfs', ['-q', 'property', 'set', '-t', 'subvol', path, 'ro', 'false']);
  execFileSync('btrfs', ['-q', 'subvolume', 'delete', path]);
};

for (const [what, place] of [
  ['its image', ['tag', 'debian-13']],
  ['the image of its parent', ['tag', 'debian-12']],
  ['its parent', ['branch', first]],
] as const) {
  test(`an armed version of which ${what} is gone has no entry, and the error names it`, async () => {
    await withArmed((machine, id) => {
      assert.equal(bootEntry(machine.place, null).version.id, id);
      const [kind, name] = place;
      machine.stop();
      remove(machine.pathOf(kind, name));
      const shown = kind === 'tag' ? `${name}@system` : `system/${name}`;
      const error = { code: 'cannot-boot', advice: /fsck/ };
      const message = new RegExp(`Cannot make ${id} boot: ${shown}, which it needs, is gone`);
      assert.throws(() => bootEntry(machine.place, id), { ...error, message });
    });
  });
}

test('an armed version whose image has lost its kernel has no entry', async () => {
  await withArmed((machine, id) => {
    const tag = machine.pathOf('tag', 'debian-13');
    execFileSync('btrfs', ['-q', 'property', 'set', '-t', 'subvol', tag, 'ro', 'false']);
    rmSync(join(tag, 'boot/initrd.img-6.13'));
    assert.throws(() => bootEntry(machine.place, id), {
      code: 'cannot-boot',
      message: /debian-13@system does not have its kernel 6\.13 any more/,
      advice: /migrate image verify debian-13$/,
    });
  });
});

test('a version that is made boots its own kernel: the newest that its root has whole, which the entry says', async () => {
  await withArmed(async (machine, id) => {
    const armed = bootEntry(machine.place, id);
    // The image does not bring the program, and the loader is not known to have it from elsewhere.
    assert.match(
      armed.notes.join(),
      /^its image has no \/usr\/lib\/migrate\/migrate\.cpio\.zst: nothing makes it unless/,
    );
    assert.match(armed.kernel, /\/tags\/debian-13\/boot\/vmlinuz-6\.13$/);
    await boot(machine, id);
    const made = bootEntry(machine.place, id);
    assert.match(made.kernel, new RegExp(`/branches/${id}/boot/vmlinuz-6\\.13$`));
    assert.deepEqual([made.kernelRelease, made.secondInitrd, made.notes], ['6.13', null, []]);
    const root = machine.pathOf('branch', id);
    // The package manager has brought a newer one, and another that it has not finished with.
    for (const release of ['6.9', '6.101']) {
      fill(root, {
        [`usr/lib/modules/${release}/modules.dep`]: '',
        [`boot/vmlinuz-${release}`]: 'kernel',
        [`boot/initrd.img-${release}`]: 'initramfs',
      });
    }
    fill(root, { 'usr/lib/modules/6.200/modules.dep': '', 'boot/vmlinuz-6.200': 'kernel' });
    const upgraded = bootEntry(machine.place, id);
    assert.match(upgraded.kernel, new RegExp(`/branches/${id}/boot/vmlinuz-6\\.101$`));
    assert.match(upgraded.initrd, /\/boot\/initrd\.img-6\.101$/);
    assert.deepEqual(upgraded.notes, [
      'the newest kernel of its root is 6.101, which this entry starts; its image has 6.13',
    ]);
    for (const path of [upgraded.kernel, upgraded.initrd]) assert.ok(existsSync(join(machine.top, path)), path);
    // With a /boot of its own the root has none, and the modules of the image's.
    rmSync(join(root, 'boot'), { recursive: true });
    assert.match(bootEntry(machine.place, id).kernel, /\/tags\/debian-13\/boot\/vmlinuz-6\.13$/);
    rmSync(join(root, 'usr/lib/modules/6.13'), { recursive: true });
    assert.throws(() => bootEntry(machine.place, id), {
      code: 'cannot-boot',
      message: /nor the modules of 6\.13, the kernel of its image/,
    });
    remove(root);
    assert.throws(() => bootEntry(machine.place, id), {
      code: 'cannot-boot',
      message: new RegExp(`system/${id}, which it needs, is gone`),
    });
  });
});

test('an image that brings the program has it in the entry of the boot that makes a version, and needs no note', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const content = imageContent(13, { 'usr/lib/migrate/migrate.cpio.zst': 'program' });
    const image = await machine.import(machine.image('next', content));
    const { id } = machine.stage({ image, parent: first }).version;
    const armed = bootEntry(machine.place, id);
    assert.match(armed.secondInitrd ?? '', /\/tags\/debian-13\/usr\/lib\/migrate\/migrate\.cpio\.zst$/);
    assert.deepEqual(armed.notes, []);
    await boot(machine, id);
    assert.equal(bootEntry(machine.place, id).secondInitrd, null);
  });
});

test('what the running command line says of how the root is mounted is in the entry of the next version', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const image = await machine.import(machine.image('next', imageContent(13)));
    const cmdline = 'root=LABEL=ROOT rootflags=subvol=@v1,compress=zstd:1,noatime rw quiet\n';
    const through = machine.placeWith(machine.place.system).system;
    const staged = machine.stage(
      { image, parent: first },
      { ...through, readFile: (path) => (path === '/proc/cmdline' ? cmdline : through.readFile(path)) },
    );
    const { commandLine } = bootEntry(machine.place, staged.version.id);
    const branch = `migrate/volumes/system/branches/${staged.version.id}`;
    assert.match(
      commandLine,
      new RegExp(` rootflags=subvol=${branch},compress=zstd:1,noatime rw quiet migrate\\.run `),
    );
  });
});
