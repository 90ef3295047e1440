import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { SystemCallError } from '../../../../src/domain/failure.ts';
import { recordAtBoot } from '../../../../src/flows/record-at-boot.ts';
import type { System } from '../../../../src/system/system.ts';
import { system } from '../../../storage/objects.ts';
import { storeKinds } from '../../../store/store-kinds.ts';
import { boot, lineOf } from '../../staging/boot-machine.ts';
import { fill, inInitramfs, type Machine, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, unmountAll, whereSecretIs, withSecrets } from './secrets.ts';

const key = 'etc/ssh/ssh_host_ed25519_key';
const asked = { keep: ['/etc/ssh/**'] };

/** A kernel that has no memory when the first content is copied into a new root. */
function withoutMemory(): System {
  let fails = true;
  const openRoot: System['openRoot'] = (directory, options) => {
    const files = system.openRoot(directory, options);
    const copyFrom = files.copyFrom.bind(files);
    files.copyFrom = (path, ...rest) => {
      if (!fails) return copyFrom(path, ...rest);
      fails = false;
      throw new SystemCallError('ENOMEM', 'copy_file_range', path);
    };
    return files;
  };
  return { ...system, openRoot };
}

/** What a boot that failed leaves: nothing is gone, and the version is made by no boot that is not asked for anew. */
async function isAsItWas(machine: Machine, id: string, line: string, before: readonly string[]): Promise<void> {
  unmountAll(machine);
  assert.deepEqual(
    before.filter((object) => !machine.objects().includes(object)),
    [],
  );
  const request = { store: machine.store, version: id };
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'failed', reason: 'it' }), null);
  assert.equal(resetOf(machine), null);
  await assert.rejects(boot(machine, id, undefined, line), { code: 'reset-not-asked' });
  assert.ok(whereSecretIs(machine).length > 0);
}

test('case 129: a total reset that cannot copy what it is to keep destroys nothing; done again, it keeps it', async () => {
  await withMachine(async (machine) => {
    const version = await withSecrets(machine);
    fill(machine.pathOf('branch', version), { [key]: 'of this machine\n' });
    const id = askForTotal(machine, version, asked);
    const line = lineOf(machine, id);
    const before = machine.objects();
    await assert.rejects(boot(machine, id, withoutMemory(), line), { code: 'ENOMEM' });
    assert.equal(resetOf(machine)?.state, 'saving');
    await isAsItWas(machine, id, line, before);
    assert.equal(machine.read('branch', version, key), 'of this machine\n');
    const again = askForTotal(machine, version, asked);
    await boot(machine, again);
    assert.equal(machine.read('branch', again, key), 'of this machine\n');
    assert.deepEqual(whereSecretIs(machine), []);
  });
});

/** Its root goes, with all that is nested in it. */
function lose(machine: Machine, version: string): void {
  const root = machine.pathOf('branch', version);
  const nested = ['var/lib/snapshot', 'var/lib/containers'].map((path) => join(root, path));
  execFileSync('btrfs', ['-q', 'subvolume', 'delete', ...nested, root]);
}

test('case 129: a total reset that is to keep what is gone is not asked for, and one that was destroys nothing', async () => {
  await withMachine(async (machine) => {
    const version = await withSecrets(machine);
    const id = askForTotal(machine, version, asked);
    const line = lineOf(machine, id);
    lose(machine, version);
    const before = machine.objects().filter((object) => !object.startsWith(`system/${version}`));
    await assert.rejects(boot(machine, id, undefined, line));
    await isAsItWas(machine, id, line, before);
    const versions = machine.versions().map((one) => one.id);
    assert.throws(() => askForTotal(machine, version, asked), { code: 'keep-unreadable', message: /\/etc\/ssh/ });
    assert.deepEqual(
      machine.versions().map((one) => one.id),
      versions,
    );
    await boot(machine, askForTotal(machine, version));
    assert.equal(resetOf(machine)?.state, 'done');
  });
});

test('case 129: where what is to be kept cannot be read, a total reset waits for a word, and nothing is destroyed', async () => {
  await withMachine(async (machine) => {
    const version = await withSecrets(machine);
    const id = askForTotal(machine, version, asked);
    const line = lineOf(machine, id);
    const before = machine.objects();
    await assert.rejects(boot(machine, id, unableToList('/etc/ssh'), line), { code: 'items-wait' });
    await isAsItWas(machine, id, line, before);
  });
});

function unableToList(path: string): System {
  const openRoot: System['openRoot'] = (directory, options) => {
    const files = system.openRoot(directory, options);
    const list = files.list.bind(files);
    files.list = (at) => {
      if (at === path) throw new SystemCallError('EIO', 'getdents64', at);
      return list(at);
    };
    return files;
  };
  return { ...system, openRoot };
}
