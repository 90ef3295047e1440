import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseChoices } from '../../../src/domain/choices.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { changeState } from '../../../src/flows/staging/change-version.ts';
import { objectAt } from '../../../src/store/ledger-state.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { removeObject } from '../../../src/store/remove-object.ts';
import type { System } from '../../../src/system/system.ts';
import { writeVersion } from '../../../src/versions/records.ts';
import { intercept, Killed, methodOf } from '../../apply/interruption.ts';
import { system } from '../../storage/objects.ts';
import { cutSystem } from '../../store/cut-system.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { fill, imageContent, inInitramfs, type Machine, runningAs, withMachine } from './machine.ts';

const first = 'debian-12.1';

/** A machine in a store, with its image and the next one. */
async function withStored(body: (machine: Machine) => void | Promise<void>, options = {}): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    await body(machine);
  }, options);
}

const nextImage = (machine: Machine, more = {}): string => machine.image('next', imageContent(13, more));

test('a version is staged from a directory, and the next boot is to make it with the state of the one that runs', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const { version, plan, waiting, replaced } = machine.stage({ image }, runningAs(machine, first));
    assert.deepEqual(
      [version.id, version.state, version.parent, version.base],
      ['debian-13.2', 'armed', first, 'debian-12'],
    );
    assert.deepEqual([waiting, replaced, version.tries], [[], [], 0]);
    assert.deepEqual(
      plan.decisions.map(({ path }) => path),
      ['/etc/hostname'],
    );
    assert.deepEqual(machine.version('debian-13.2'), version);
    assert.deepEqual(
      machine.objects(),
      [
        'debian-12@system version:debian-12.1',
        'debian-13@system version:debian-13.2',
        'system/debian-12.1 version:debian-12.1',
      ].sort(),
    );
    assert.match(version.boot?.kernel ?? '', /\/tags\/debian-13\/boot\/vmlinuz-6\.13$/);
    assert.equal(version.boot?.kernelRelease, '6.13');
    assert.deepEqual(machine.problems(), []);
  });
});

test('an archive is a tag once: again, from the same file or with the same in it, it is the one that is there', async () => {
  await withStored(async (machine) => {
    const archive = join(machine.work, 'next.tar');
    execFileSync('tar', ['-C', nextImage(machine), '-cf', archive, '.']);
    const tag = await machine.import(archive);
    assert.equal(await machine.import(archive), tag);
    assert.equal(await machine.import(join(machine.work, 'next'), tag), tag);
    const other = machine.image('other', imageContent(14));
    await assert.rejects(machine.import(other, tag), { code: 'exists' });
    assert.ok(
      machine.objects().every((name) => !name.includes('unpacking')),
      machine.objects().join(),
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('what waits for a choice is staged and not armed, and an answer arms it', async () => {
  await withStored(async (machine) => {
    // What a policy requires is not there: going on without it may lose something, so nobody does unasked.
    const image = await machine.import(nextImage(machine));
    fill(machine.root, { 'etc/migrate/policy.d/local.policy': 'persist /etc/needed required\n' });
    const { version, waiting } = machine.stage({ image, parent: first });
    assert.equal(version.state, 'staged');
    assert.ok(waiting.length > 0, 'nothing waits');
    const answers = waiting.map(({ key, fingerprint, resolutions: [resolution] }) => {
      return [key, { fingerprint, resolution: resolution?.id }];
    });
    const document = { schema: 'migrate.choices/1', choices: Object.fromEntries(answers) };
    const answered = machine.stage({ image, parent: first, choices: parseChoices(JSON.stringify(document), 'here') });
    assert.deepEqual([answered.waiting, answered.version.state], [[], 'armed']);
    // Where the boot that makes it reads them.
    const kept = readFileSync(join(machine.root, 'var/lib/migrate/choices.json'), 'utf8');
    assert.deepEqual([...parseChoices(kept, 'kept').keys()].sort(), waiting.map(({ key }) => key).sort());
    assert.deepEqual(answered.replaced, [version.id]);
    assert.deepEqual(
      machine.versions().map(({ id }) => id),
      [first, answered.version.id],
    );
  });
});

test('answers are written to the branch of their version while nobody can take a tag of it', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const isLocked: boolean[] = [];
    const through: System = {
      ...system,
      openRoot: (directory, options) => {
        const files = system.openRoot(directory, options);
        const rename = methodOf(files, 'rename');
        intercept(files, 'rename', (args) => {
          if (args.includes('/var/lib/migrate/choices.json')) isLocked.push(hasLock(machine));
          return rename(args);
        });
        return files;
      },
    };
    const answer = { fingerprint: '0'.repeat(64), resolution: 'keep' };
    machine.stage({ image, parent: first, choices: new Map([['some:/item', answer]]) }, through);
    assert.deepEqual(isLocked, [true]);
    assert.equal(hasLock(machine), false);
  });
});

/** Whether somebody is changing the store. */
function hasLock({ place }: Machine): boolean {
  const files = system.openRoot(place.directory);
  try {
    const release = files.lock('/lock', 0);
    release?.();
    return release === null;
  } finally {
    files.close();
  }
}

test('with --no-arm the next boot is as it was; a newer version takes the place of one that no boot has begun', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const { version } = machine.stage({ image, parent: first, arm: false });
    assert.equal(version.state, 'staged');
    assert.notEqual(version.boot, null);
    const again = machine.stage({ image, parent: first });
    assert.deepEqual([again.replaced, again.version.state], [[version.id], 'armed']);
    assert.ok(
      machine.objects().every((name) => !name.includes(`version:${version.id}`)),
      machine.objects().join(),
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('what is not armed takes no place: the next boot makes what it was to make, and its image stays', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const { version: armed } = machine.stage({ image, parent: first });
    const other = await machine.import(machine.image('other', imageContent(14)));
    const unarmed = machine.stage({ image: other, parent: first, arm: false });
    fill(machine.root, { 'etc/migrate/policy.d/local.policy': 'persist /etc/needed required\n' });
    const waiting = machine.stage({ image: other, parent: first });
    assert.ok(waiting.waiting.length > 0, 'nothing waits');
    assert.deepEqual([unarmed.replaced, waiting.replaced], [[], []]);
    assert.deepEqual(
      machine.versions().map(({ id, state }) => `${id} ${state}`),
      [`${first} good`, `${armed.id} armed`, `${unarmed.version.id} staged`, `${waiting.version.id} staged`],
    );
    assert.deepEqual(machine.version(armed.id), armed);
    assert.ok(machine.objects().includes(`debian-13@system version:${armed.id}`), machine.objects().join());
    fill(machine.root, { 'etc/migrate/policy.d/local.policy': '' });
    const last = machine.stage({ image: other, parent: first });
    assert.deepEqual(last.replaced, [armed.id, unarmed.version.id, waiting.version.id]);
    assert.deepEqual(
      machine.versions().map(({ id, state }) => `${id} ${state}`),
      [`${first} good`, `${last.version.id} armed`],
    );
    assert.deepEqual(machine.problems(), []);
  });
});

test('a version is never given an id that another record says it replaces', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const replaces = ['debian-13.2', 'debian-13.3'];
    changeStore(machine.place, ({ files }) => writeVersion(files, { ...machine.version(first), replaces }));
    const { version } = machine.stage({ image, parent: first });
    assert.deepEqual([version.id, version.order, version.state], ['debian-13.4', 4, 'armed']);
    assert.deepEqual(machine.problems(), []);
  });
});

test('while a version is being made or on trial, no other is staged', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const { version } = machine.stage({ image, parent: first });
    for (const state of ['migrating', 'trial'] as const) {
      changeStore(machine.place, (store) => changeState(store, machine.version(version.id), [state], 'for the test'));
      const before = machine.objects();
      assert.throws(() => machine.stage({ image, parent: first }), {
        code: 'unproven',
        message: new RegExp(`debian-13.2 is ${state === 'trial' ? 'on trial' : state}`),
      });
      assert.deepEqual(machine.objects(), before);
      assert.equal(machine.versions().length, 2);
    }
  });
});

test('of two that stage at once the one that is done first stays armed, and the other is told so', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const other: string[] = [];
    const onProgress = (): void => {
      if (other.length === 0) other.push(machine.stage({ image, parent: first }).version.id);
    };
    assert.throws(() => machine.stage({ image, parent: first, onProgress }), {
      code: 'overtaken',
      advice: /migrate status/,
    });
    assert.deepEqual(
      machine.versions().map(({ id, state }) => `${id} ${state}`),
      [`${first} good`, `${other[0]} armed`],
    );
    assert.ok(machine.objects().includes(`debian-13@system version:${other[0]}`), machine.objects().join());
    assert.deepEqual(machine.problems(), []);
  });
});

test('an image without a kernel is refused with nothing left, and what was staged before stays armed', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    const { version } = machine.stage({ image, parent: first });
    const empty = await machine.import(machine.image('empty', { 'usr/lib/os-release': 'ID=none\nVERSION_ID=1\n' }));
    const before = machine.objects();
    assert.throws(() => machine.stage({ image: empty, parent: first }), { code: 'cannot-boot', message: /no kernel/ });
    assert.deepEqual(machine.objects(), before);
    assert.deepEqual(
      machine.versions().map(({ id, state }) => `${id} ${state}`),
      [`${first} good`, `${version.id} armed`],
    );
  });
});

test('without a name of the parent, a machine that runs no version says what to do', async () => {
  await withStored((machine) => {
    assert.throws(() => machine.stage({ image: 'debian-12' }), {
      code: 'no-version',
      advice: /--parent VERSION.*migrate init/,
    });
    assert.throws(() => machine.stage({ image: 'debian-12', parent: first }), {
      code: 'same-image',
      message: /that is made from the same image/,
    });
    assert.throws(() => machine.stage({ image: 'debian-9', parent: first }), { code: 'no-object' });
    assert.throws(() => machine.stage({ image: 'debian-12', parent: 'debian-9.9' }), {
      code: 'no-version',
      message: /it has debian-12\.1/,
    });
    assert.equal(machine.versions().length, 1);
  });
});

test('two that unpack at once: the second is told so, and takes nothing away from the first', async () => {
  await withStored(async (machine) => {
    const one = machine.import(nextImage(machine));
    await assert.rejects(machine.import(machine.image('other', imageContent(14))), { code: 'import-running' });
    assert.equal(await one, 'debian-13');
    assert.deepEqual(machine.problems(), []);
  });
});

test('a full disk leaves store and machine as they were', async () => {
  await withStored(
    async (machine) => {
      const image = nextImage(machine);
      execFileSync('dd', ['if=/dev/urandom', `of=${join(image, 'usr/large')}`, 'bs=1M', 'count=300', 'status=none']);
      const before = [machine.objects(), machine.versions()];
      await assert.rejects(machine.import(image), (error: Error) => /space|ENOSPC/i.test(error.message));
      assert.deepEqual([machine.objects(), machine.versions()], before);
      assert.deepEqual(machine.problems(), []);
      assert.equal(machine.bootsWith('@v1'), 'atlas\n');
      assert.equal(await machine.import(machine.image('small', imageContent(14))), 'debian-14');
    },
    { size: '256M' },
  );
});

test('an import that is killed before any changing call leaves at most what the next one removes', async () => {
  await withStored(async (machine) => {
    const image = nextImage(machine);
    const expected = [...machine.objects(), 'debian-13@system'].sort();
    let at = 1;
    for (; await importCut(machine, image, at); at += 1) {
      const names = machine.objects().filter((name) => !expected.includes(name));
      assert.ok(names.every((name) => name.startsWith('system/unpacking-')) && names.length <= 1, names.join());
      assert.equal(await machine.import(image), 'debian-13');
      assert.deepEqual(machine.objects(), expected, `call ${at}`);
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      assert.equal(machine.read('tag', 'debian-13', 'etc/issue'), 'Debian 13\n');
      changeStore(machine.place, (store) => {
        const tag = objectAt(store.state, { volume: 'system', kind: 'tag', name: 'debian-13' });
        if (tag !== null) removeObject(store, tag.record);
      });
    }
    assert.ok(at > 20, `only ${at} calls`);
  });
});

/** Returns whether it was cut off. */
async function importCut(machine: Machine, image: string, at: number): Promise<boolean> {
  const { system: cut, isDead } = cutSystem({ at, moment: 'before' });
  await machine.import(image, null, cut).catch((error) => {
    if (!(error instanceof Killed) && !isDead()) throw error;
  });
  return isDead();
}

test('a staging that is killed before any changing call leaves the machine as it was, and the next one replaces it', async () => {
  await withStored(async (machine) => {
    const image = await machine.import(nextImage(machine));
    let at = 1;
    for (let isOver = false; !isOver; at += 1) {
      const { system: cut, isDead } = cutSystem({ at, moment: 'before' });
      const through = { ...cut, readFile: system.readFile };
      try {
        machine.stage({ image, parent: first }, through);
      } catch (error) {
        if (!isDead()) throw error;
      }
      isOver = !isDead();
      assert.deepEqual(machine.problems(), [], `call ${at}`);
      const states = machine.versions().map(({ state }) => state);
      assert.ok(
        ['good', 'good,staged', 'good,armed', 'good,staged,armed', 'good,armed,staged'].includes(states.join()),
        states.join(),
      );
      const { version } = machine.stage({ image, parent: first });
      assert.deepEqual(
        machine.versions().map(({ id }) => id),
        [first, version.id],
        `call ${at}`,
      );
      assert.deepEqual(
        machine.objects(),
        [
          `debian-12@system version:${first}`,
          `debian-13@system version:${version.id}`,
          `system/${first} version:${first}`,
        ].sort(),
        `call ${at}`,
      );
    }
    assert.ok(at > 10, `only ${at} calls`);
  });
});

test('case 106: an image of which a version has failed is not staged again by itself', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const source = machine.image('next', imageContent(13));
    const image = await machine.import(source);
    const { id } = machine.stage({ image, parent: 'debian-12.1' }).version;
    const request = { store: machine.store, version: id };
    const step = { kind: 'failed', reason: 'its checks failed' } as const;
    assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, step), null);
    const refused = { code: 'failed-before', message: new RegExp(`${id}.*has failed: its checks failed$`) };
    assert.throws(() => machine.stage({ image, parent: 'debian-12.1' }), refused);
    const before = machine.versions().length;
    assert.equal(machine.stage({ image, parent: 'debian-12.1', force: true }).version.state, 'armed');
    assert.equal(machine.versions().length, before + 1);
    // A newer image is none of that.
    const newer = await machine.import(machine.image('newer', imageContent(14)));
    assert.equal(machine.stage({ image: newer, parent: 'debian-12.1' }).version.state, 'armed');
  });
});
