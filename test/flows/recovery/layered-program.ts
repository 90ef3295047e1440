// Run by layered-machine.test.ts with a /run and a /usr/sbin/mount.migrate of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOfText } from '../../../src/domain/bytes.ts';
import { setLoader } from '../../../src/flows/loader/set-loader.ts';
import { migrateAtBoot } from '../../../src/flows/migrate-at-boot.ts';
import { resetAtBoot } from '../../../src/flows/recovery/reset-at-boot.ts';
import { leaveShell, prepareShell } from '../../../src/flows/recovery/shell-at-boot.ts';
import { bootEntry } from '../../../src/flows/staging/boot-entry.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { initMachine } from '../../../src/flows/staging/init-machine.ts';
import { overlayBackend } from '../../../src/storage/overlay/backend.ts';
import { overlayNewRoot } from '../../../src/storage/overlay/new-root-kind.ts';
import { readStore } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { readWholeVersions } from '../../../src/versions/records.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { choices } from '../loader/loader-machine.ts';
import { fill, imageContent } from '../staging/machine.ts';

const kinds = { storeKinds, loaderKinds: choices, changeSources: [], newRoots: [overlayNewRoot] };
const release = imageContent(12, { 'usr/lib/migrate/migrate.cpio.zst': 'the program' });

const starting = (line: string): System => ({
  ...system,
  readFile: (path) => (path === '/proc/cmdline' ? bytesOfText(`${line}\n`) : system.readFile(path)),
});

await withFilesystem('ext4', async (boot) => {
  await withFilesystem('ext4', async (top) => {
    fill(top, { ...release, 'etc/hostname': 'atlas\n', 'opt/own': 'own\n' });
    const device = execFileSync('findmnt', ['-no', 'SOURCE', top], { encoding: 'utf8' }).trim();
    const findKind = (name: string) => (name === 'overlay' ? overlayBackend : null);
    const place = { system, directory: bytesOfText(join(top, 'migrate')), findKind };
    const store = { device, path: 'migrate' };
    const source = fill(join(mkdtempSync('/run/work-'), 'twelve'), release);
    await initMachine(system, {
      ...{ root: top, host: 'atlas', storeKinds, declareVolumes: false },
      importBase: (into) =>
        importImage(into, {
          ...{ source, name: 'twelve', digest: null, signature: null, onProgress: () => undefined },
          signal: new AbortController().signal,
        }).then(({ tag }) => tag),
    });
    const directory = join(boot, 'migrate');
    mkdirSync(directory);
    await setLoader(place, choices, { kind: 'grub', directory, tries: 2 });
    assert.match(readFileSync(join(directory, 'menu.cfg'), 'utf8'), /submenu Recovery/);

    const facts = await prepareShell(starting(`root=${device}`), store);
    assert.equal(readFileSync('/run/migrate/root/etc/hostname', 'utf8'), 'atlas\n');
    assert.match(readFileSync('/run/migrate/store/store.json', 'utf8'), /overlay/, facts.join('\n'));
    leaveShell(system);

    assert.equal(await resetAtBoot(system, kinds, { mode: 'system', store }, { confirm: () => false }), null);
    const done = await resetAtBoot(system, kinds, { mode: 'system', store }, { confirm: () => true });
    const id = done?.version.id ?? '';
    const menu = readFileSync(join(directory, 'menu.cfg'), 'utf8');
    assert.match(menu, new RegExp(`migrate\\.version=${id}`));
    // The loop device of a test has no link to it in /dev/disk.
    const line = bootEntry(place, id).commandLine.replaceAll(/UUID=[0-9a-f-]+/g, device);
    await migrateAtBoot(starting(`${line} migrate.why=try`), kinds, {
      ...{ onMessage: () => undefined, onProgress: () => undefined, onPlan: () => undefined },
    });
    const made = readStore(place, ({ files }) => readWholeVersions(files)).find((version) => version.id === id);
    assert.equal(made?.state, 'trial');
    readStore(place, ({ backend }) =>
      backend.withContent({ volume: 'system', kind: 'branch', name: id }, { writable: false }, (root) => {
        assert.equal(readFileSync(join(root, 'etc/hostname'), 'utf8'), 'debian\n');
        assert.throws(() => readFileSync(join(root, 'opt/own')), { code: 'ENOENT' });
      }),
    );
    execFileSync('umount', ['--recursive', '/run/migrate/filesystem']);
  });
});
process.stdout.write('whole\n');
