import '../../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { recordAtBoot } from '../../../../src/flows/record-at-boot.ts';
import { cancelTotal } from '../../../../src/flows/reset/total/arm-total.ts';
import { changeStore } from '../../../../src/store/open-store.ts';
import { storeKinds } from '../../../store/store-kinds.ts';
import { boot, lineOf } from '../../staging/boot-machine.ts';
import { fill, inInitramfs, type Machine, withMachine } from '../../staging/machine.ts';
import { askForTotal, resetOf, whereSecretIs, withSecrets } from './secrets.ts';

test('case 74: a total reset leaves one version as the image came, and the secret in no object and no file of the store', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    assert.ok(whereSecretIs(machine).length >= 10, whereSecretIs(machine).join());
    // The log of a version that was pruned, packed: nobody finds a secret in it by looking.
    fill(join(machine.top, 'migrate'), { 'runs/pruned.9.json.zst': 'packed', 'unpacking/left/image': 'half' });
    const id = askForTotal(machine, before);
    assert.equal(resetOf(machine)?.state, 'armed');
    const { messages } = await boot(machine, id);
    assert.deepEqual(whereSecretIs(machine), []);
    for (const name of ['runs', 'unpacking']) assert.equal(existsSync(join(machine.top, 'migrate', name)), false);
    assert.ok(messages.includes(`everything but ${id} is destroyed`), messages.join('\n'));
    // What its operator has it start is gone.
    const byHand = `which loader starts this machine is not known: have it start ${id} with what migrate entry ${id} prints`;
    assert.ok(messages.includes(byHand), messages.join('\n'));
    assert.deepEqual(
      machine.versions().map(({ id: each, state, parent, base }) => [each, state, parent, base]),
      [[id, 'good', null, null]],
    );
    const { bindings } = machine.version(id);
    assert.deepEqual(bindings, { app: id, db: id, srv: id });
    assert.equal(machine.read('branch', id, 'welcome', 'srv'), 'of the image\n');
    assert.equal(machine.read('branch', id, 'app.conf', 'app'), 'release 13\n');
    assert.equal(machine.read('branch', id, 'etc/hostname'), 'debian\n');
    assert.deepEqual(
      machine.objects(),
      [`app/${id}`, `born-${id}@system`, `db/${id}`, 'debian-13@system', `srv/${id}`, `system/${id}`].map(
        (name) => `${name} version:${id}`,
      ),
    );
    assert.deepEqual(machine.problems(), []);
    // Nothing is held for a version that is gone, its image neither.
    const holds = machine.objects().flatMap((object) => (object.split(' ')[1] ?? '').split(','));
    assert.deepEqual([...new Set(holds)], [`version:${id}`]);
    assert.equal(resetOf(machine)?.state, 'done');
    assert.deepEqual(
      resetOf(machine)?.losses.map(({ name }) => name),
      ['app', 'db', 'srv', 'system'],
    );
    assert.doesNotMatch(lineOf(machine, id), /migrate\.run/);
  });
});

test('case 101: a boot without the nonce, or with one of an older request, makes nothing and destroys nothing', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    const id = askForTotal(machine, before);
    const line = lineOf(machine, id);
    const objects = machine.objects();
    for (const stale of [
      line.replace(/ migrate\.nonce=\S+/, ''),
      line.replace(/nonce=\S+/, `nonce=${'0'.repeat(32)}`),
    ]) {
      await assert.rejects(boot(machine, id, undefined, stale), { code: 'reset-not-asked' });
      assert.equal(resetOf(machine)?.state, 'armed');
      assert.deepEqual(machine.objects(), objects);
      assert.equal(existsSync(machine.pathOf('branch', id)), false);
    }
    // Fallen back from, it is not gone on with by whoever starts it again.
    const request = { store: machine.store, version: id };
    const failed = { kind: 'failed', reason: 'a test' } as const;
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, failed), null);
    await assert.rejects(boot(machine, id, undefined, line), { code: 'reset-not-asked' });
    assert.deepEqual(machine.objects(), objects);
    // A request that nobody has the record of is none, whatever the command line says.
    assert.equal(resetOf(machine), null);
    await assert.rejects(boot(machine, id, undefined, line), { code: 'reset-not-asked' });
    assert.deepEqual(machine.objects(), objects);
  });
});

test('case 74: once done, the same command line destroys nothing again', async () => {
  await withMachine(async (machine) => {
    const id = askForTotal(machine, await withSecrets(machine));
    const line = lineOf(machine, id);
    await boot(machine, id, undefined, line);
    fill(machine.pathOf('branch', id, 'srv'), { 'of-today': 'new data\n' });
    const objects = machine.objects();
    await boot(machine, id, undefined, line);
    assert.equal(machine.read('branch', id, 'of-today', 'srv'), 'new data\n');
    assert.deepEqual(machine.objects(), objects);
  });
});

test('case 74: a total reset that is cancelled or asked for twice destroys nothing by the older request', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    const first = askForTotal(machine, before);
    const line = lineOf(machine, first);
    const second = askForTotal(machine, before);
    await assert.rejects(boot(machine, first, undefined, line));
    assert.equal(changeStore(machine.place, cancelTotal), second);
    assert.equal(resetOf(machine), null);
    await assert.rejects(boot(machine, second), { code: 'reset-not-asked' });
    assert.equal(readFileSync(join(machine.pathOf('branch', 'main', 'srv'), 'people'), 'utf8').length > 0, true);
  });
});

/** What may have become of the root that is reset, before or after the reset is asked for. */
const damages: Readonly<Record<string, (root: string) => void>> = {
  'its root is gone': (root) => execFileSync('btrfs', ['-q', 'subvolume', 'delete', root]),
  '/etc is a file': (root) => {
    rmSync(join(root, 'etc'), { recursive: true });
    fill(root, { etc: 'no directory any more' });
  },
  'a policy cannot be read': (root) => fill(root, { 'etc/migrate/policy.d/local.policy': 'persists everything' }),
  'its volumes are declared where none can be': (root) =>
    fill(root, { 'etc/migrate/volumes.d/local.volume': 'volume srv /etc/passwd/in class=config' }),
};

/** All that is in a root goes before it does. */
function damage(machine: Machine, version: string, name: string): void {
  const root = machine.pathOf('branch', version);
  for (const nested of ['var/lib/snapshot', 'var/lib/containers'])
    execFileSync('btrfs', ['-q', 'subvolume', 'delete', join(root, nested)]);
  damages[name]?.(root);
}

for (const name of Object.keys(damages)) {
  const both = ['before it is asked for', 'after that'] as const;
  for (const when of name === 'its root is gone' ? both : both.slice(0, 1)) {
    test(`case 129: a total reset of a machine of which ${name} ${when} comes to its end`, async () => {
      await withMachine(async (machine) => {
        const before = await withSecrets(machine);
        if (when === 'before it is asked for') damage(machine, before, name);
        const keep = name === 'its root is gone' ? [] : ['/etc/ssh/**'];
        const id = askForTotal(machine, before, { keep });
        const line = lineOf(machine, id);
        if (when === 'after that') damage(machine, before, name);
        const { messages } = await boot(machine, id, undefined, line);
        const said = messages.some((message) => message.startsWith('nothing of the old system is kept: '));
        // What is wrong in /etc is not asked for anything: the reset takes it away.
        assert.equal(said, name === 'its root is gone', messages.join('\n'));
        assert.equal(resetOf(machine)?.state, 'done');
        assert.equal(machine.read('branch', id, 'etc/hostname'), 'debian\n');
        assert.equal(machine.read('branch', id, 'welcome', 'srv'), 'of the image\n');
        assert.deepEqual(machine.problems(), []);
      });
    });
  }
}

test('case 54: a total reset keeps what it is told to keep, and nothing else', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    fill(machine.pathOf('branch', before), { 'etc/ssh/ssh_host_ed25519_key': 'of this machine\n' });
    const id = askForTotal(machine, before, { keep: ['/etc/ssh/**'] });
    await boot(machine, id);
    assert.equal(machine.read('branch', id, 'etc/ssh/ssh_host_ed25519_key'), 'of this machine\n');
    assert.deepEqual(whereSecretIs(machine), []);
    assert.throws(() => askForTotal(machine, id, { keep: ['identty'] }), { code: 'unknown-class' });
  });
});
