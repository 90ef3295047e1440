// Run by layered.test.ts with a /run and a /usr/sbin/mount.migrate of its own.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SystemCallError } from '../../../../src/domain/failure.ts';
import { armLoader } from '../../../../src/flows/loader/arm-loader.ts';
import { setLoader } from '../../../../src/flows/loader/set-loader.ts';
import { markGood } from '../../../../src/flows/staging/mark-good.ts';
import { stageVersion } from '../../../../src/flows/staging/stage-version.ts';
import { checkStore } from '../../../../src/store/fsck.ts';
import { changeStore, readStore } from '../../../../src/store/open-store.ts';
import type { Files } from '../../../../src/system/files.ts';
import type { System } from '../../../../src/system/system.ts';
import { readWholeVersions } from '../../../../src/versions/records.ts';
import { intercept, Killed, methodOf } from '../../../apply/interruption.ts';
import { dyingSystem } from '../../../storage/dying-system.ts';
import { system } from '../../../storage/objects.ts';
import { fill } from '../../staging/machine.ts';
import { boot, type LayeredMachine, lineOf, loaderKinds, unmountAll, withLayeredMachine } from '../layered-machine.ts';
import { askForTotal, release, resetOf, secret, whereSecretIs } from './secrets.ts';

const quiet = { changeSources: [], choices: null, onProgress: () => undefined };

const used = {
  ...{ 'etc/hostname': 'atlas\n', 'etc/shadow-': secret, 'var/lib/db/rows': secret, 'srv/people': secret },
  'boot/grub/grub.cfg': 'what starts this machine\n',
  // An initramfs has keys in it.
  ...{ 'boot/initrd.img-6.11': secret, 'boot/initramfs-0-rescue.img': secret, 'boot/4f1c/6.11/initrd': secret },
  'boot/vmlinuz-6.11': 'kernel\n',
};

await withLayeredMachine({ image: release(12), used }, async (machine) => {
  const { top } = machine;
  execFileSync('chattr', ['+i', join(top, 'srv/people')]);
  await machine.importFrom('thirteen', release(13));
  const before = await goTo(machine, 'thirteen', 'twelve.1');
  assert.ok(whereSecretIs(machine).length >= 5, whereSecretIs(machine).join());
  // Not every loader reads what it decides by below /boot.
  mkdirSync(join(top, 'loader/migrate'), { recursive: true });
  fill(top, { 'loader/people': secret, 'loader/migrate/own': 'of the loader\n' });
  await setLoader(machine.place, loaderKinds, { kind: 'grub', directory: join(top, 'loader/migrate'), tries: 2 });
  const id = askForTotal(machine, before);
  await armLoader(machine.place, loaderKinds);
  const line = `${lineOf(machine, id)} migrate.why=try migrate.nonce=${resetOf(machine)?.nonce}`;
  // Killed where it removes what lies beside the store, then again and again, and always gone on with.
  for (const at of [120, 40, 10, 60]) {
    await boot(line, dyingSystem(at)).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error;
    });
    unmountAll();
  }
  // One directory that cannot be read keeps nothing else from being destroyed.
  fill(join(top, 'migrate'), { 'failures/late/1-journal.txt': secret });
  fill(top, { 'sick/inner/people': secret, 'tail/people': secret });
  const unfinished = {
    code: 'reset-unfinished',
    message: /system.*: Cannot remove all of it: getdents64 \/sick\/inner: EUCLEAN/,
  };
  await assert.rejects(boot(line, sickSystem()), unfinished);
  unmountAll();
  assert.equal(resetOf(machine)?.state, 'wiping');
  assert.deepEqual(whereSecretIs(machine), ['./sick/inner/people']);
  await boot(line);
  assert.equal(resetOf(machine)?.state, 'done');
  assert.deepEqual(whereSecretIs(machine), []);
  // What starts the machine stays, and so does the store.
  assert.deepEqual(readdirSync(top).sort(), ['boot', 'loader', 'lost+found', 'migrate']);
  assert.deepEqual(readdirSync(join(top, 'loader')), ['migrate']);
  assert.equal(readFileSync(join(top, 'loader/migrate/own'), 'utf8'), 'of the loader\n');
  assert.match(readFileSync(join(top, 'loader/migrate/menu.cfg'), 'utf8'), new RegExp(id.replace('.', '\\.')));
  assert.deepEqual(
    ['grub/grub.cfg', 'vmlinuz-6.11'].filter((path) => !existsSync(join(top, 'boot', path))),
    [],
  );
  assert.deepEqual(
    readStore(machine.place, ({ files }) => readWholeVersions(files)).map(({ id: each, state }) => [each, state]),
    [[id, 'good']],
  );
  changeStore(machine.place, () => undefined);
  assert.deepEqual(checkStore(machine.place).findings, []);
});
process.stdout.write('whole\n');

async function goTo(machine: LayeredMachine, image: string, parent: string): Promise<string> {
  const request = { ...quiet, image, parent, since: 'image', arm: true, force: false, reset: null } as const;
  const { version, waiting } = stageVersion(machine.place, request);
  assert.deepEqual(waiting, []);
  await boot(lineOf(machine, version.id));
  markGood(machine.place, version.id);
  return version.id;
}

/** This machine, on whose disk one directory is damaged. */
function sickSystem(): System {
  function openRoot(directory: string): Files {
    const files = system.openRoot(directory);
    const list = methodOf(files, 'list');
    intercept(files, 'list', ([path]) => {
      if (path === '/sick/inner') throw new SystemCallError('EUCLEAN', 'getdents64', String(path));
      return list([path]);
    });
    return files;
  }
  return { ...system, openRoot };
}
