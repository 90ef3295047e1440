import '../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoaderKind } from '../../src/boot/loader.ts';
import type { LoaderChoice } from '../../src/boot/loader-choice.ts';
import { displayLocation } from '../../src/domain/boot-request.ts';
import { textOrBytes } from '../../src/domain/bytes.ts';
import { Failure, SystemCallError } from '../../src/domain/failure.ts';
import { bootedFile } from '../../src/flows/boot-records.ts';
import { migrationLog } from '../../src/flows/migration-log.ts';
import { readBootRequest } from '../../src/flows/read-boot-request.ts';
import { recordAtBoot } from '../../src/flows/record-at-boot.ts';
import { writeReset } from '../../src/flows/reset/total/reset-record.ts';
import { fallBackFromWorker, superviseBoot } from '../../src/flows/supervise-boot.ts';
import { versionStatus } from '../../src/flows/version-status.ts';
import type { NewRoot, NewRootKind } from '../../src/storage/new-root.ts';
import { changeStore, readStore } from '../../src/store/open-store.ts';
import type { System } from '../../src/system/system.ts';
import { fromSources } from '../cli/run-migrate.ts';
import { system } from '../storage/objects.ts';
import { boot, bootSystem, lineOf, storage } from './staging/boot-machine.ts';
import { fill, imageContent, type Machine, withMachine } from './staging/machine.ts';

/** A machine with a version that its next boot is to make, and the initramfs of that boot, with systemd and a kernel of the old root. */
async function withArmed(run: (machine: Machine, id: string, initramfs: System) => Promise<void>): Promise<void> {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const { version } = machine.stage({
      parent: 'debian-12.1',
      image: await machine.import(machine.image('next', imageContent(13))),
    });
    const initramfs = bootSystem(machine, lineOf(machine, version.id));
    machine.stop();
    const { commands, exists, writeFile } = initramfs;
    await run(machine, version.id, {
      ...initramfs,
      kernelRelease: '6.12',
      commands: {
        ...commands,
        run: (program, ...rest) =>
          program === 'systemctl' ? { stdout: '', stderr: '' } : commands.run(program, ...rest),
      },
      exists: (path) => path === '/run/systemd/system' || exists(path),
      writeFile: (path, content) => (path.startsWith('/run/systemd/') ? undefined : writeFile(path, content)),
    });
  });
}

/** A boot whose worker is killed, and whose second process does the real work. */
function afterKill(
  initramfs: System,
  newRoots: readonly NewRootKind[] = storage.newRoots,
  loaderKinds: readonly LoaderChoice[] = [],
): System {
  return {
    ...initramfs,
    superviseSelf: async (args) => {
      if (args.includes('--worker')) return { ok: false, reason: 'it was killed (SIGSEGV)' };
      assert.deepEqual(args, ['boot', '--fall-back']);
      await fallBackFromWorker(initramfs, { newRoots, storeKinds: storage.storeKinds, loaderKinds });
      return { ok: true, reason: '' };
    },
  };
}

function bootedOf(initramfs: System): unknown {
  return JSON.parse(textOrBytes(initramfs.readFile(bootedFile)));
}

function reasonOf(machine: Machine, id: string): string | undefined {
  return machine.version(id).history.at(-1)?.why;
}

/** A kind of storage on which a call about the unfinished root ends with what the kernel says. */
function failingAt(
  call: 'discard' | 'isCommitted' | 'openReadOnly',
  error: Error = new SystemCallError('EIO', 'unlink', '/somewhere'),
): readonly NewRootKind[] {
  const fail = (): never => {
    throw error;
  };
  return storage.newRoots.map((kind) => ({
    ...kind,
    prepare: async (...args): Promise<NewRoot> => {
      const root = await kind.prepare(...args);
      return new Proxy(root, {
        get: (target, name) => {
          if (name === call) return fail;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
    },
  }));
}

test('case 113: a worker that is killed ends at the previous root in the same boot, and the store knows why', async () => {
  await withArmed(async (machine, id, initramfs) => {
    const end = await superviseBoot(afterKill(initramfs), []);
    assert.deepEqual(end, { next: 'previous-root', reason: 'it was killed (SIGSEGV)' });
    assert.equal(machine.version(id).state, 'failed');
    assert.equal(reasonOf(machine, id), 'it was killed (SIGSEGV)');
  });
});

test('case 113: where discard of the unfinished root fails with an error of the kernel, the boot goes on with the previous one', async () => {
  await withArmed(async (machine, id, initramfs) => {
    const reason = 'it was killed (SIGSEGV) (unlink /somewhere: EIO)';
    assert.deepEqual(await superviseBoot(afterKill(initramfs, failingAt('discard')), []), {
      next: 'previous-root',
      reason,
    });
    assert.equal(reasonOf(machine, id), reason);
    const { version, outcome, reason: booted } = bootedOf(initramfs) as Record<string, unknown>;
    assert.deepEqual({ version, outcome, booted }, { version: null, outcome: 'fallback', booted: reason });
  });
});

for (const call of ['isCommitted', 'openReadOnly'] as const) {
  test(`case 111: where ${call} fails with an error of the kernel, the version may be committed, and nothing is decided`, async () => {
    await withArmed(async (machine, id, initramfs) => {
      const unknown = { next: 'start-anew', reason: 'it was killed (SIGSEGV) (unlink /somewhere: EIO)' };
      if (call === 'isCommitted') {
        assert.deepEqual(await superviseBoot(afterKill(initramfs, failingAt(call)), []), unknown);
        assert.equal(machine.version(id).state, 'armed');
      }
      await boot(machine, id);
      machine.stop();
      assert.equal(machine.version(id).state, 'trial');
      const before = machine.objects();
      initramfs.writeFile(bootedFile, '');
      assert.deepEqual(await superviseBoot(afterKill(initramfs, failingAt(call)), []), unknown);
      assert.equal(machine.version(id).state, 'trial');
      assert.deepEqual(machine.objects(), before);
      assert.equal(initramfs.readFile(bootedFile), '');
      // With the disk back, it is what it was.
      assert.equal((await superviseBoot(afterKill(initramfs), [])).next, 'new-root');
      assert.equal(machine.version(id).state, 'trial');
    });
  });
}

/** What a start of the version comes to that cannot be told, as the store counts it. */
async function startOnSickDisk(initramfs: System): Promise<string> {
  return (await superviseBoot(afterKill(initramfs, failingAt('isCommitted')), [])).next;
}

const anewOf = ({ place }: Machine): unknown =>
  readStore(place, ({ files }) => versionStatus(system, files)).startsAnew.map(({ starts, why }) => ({ starts, why }));

const sick = 'it was killed (SIGSEGV) (unlink /somewhere: EIO)';

/** The same machine, started by another kernel command line. */
function startedWith(initramfs: System, change: (line: string) => string): System {
  return {
    ...initramfs,
    readFile: (path) => (path === '/proc/cmdline' ? change(initramfs.readFile(path)) : initramfs.readFile(path)),
  };
}

/** What it takes to write to a store: here its disk takes nothing. */
function withReadOnlyStore(initramfs: System, refused: 'EROFS' | 'EIO' = 'EROFS'): System {
  const mount: System['mounts']['mount'] = (location, directory, options) => {
    const isStore = directory.endsWith('/store-top');
    if (isStore && (options.writable || refused === 'EIO')) throw new SystemCallError(refused, 'mount', directory);
    initramfs.mounts.mount(location, directory, options);
  };
  return { ...initramfs, mounts: { ...initramfs.mounts, mount } };
}

test('case 111: a version of which it cannot be told again and again gives way to the previous root, is not given up, and the store knows why', async () => {
  await withArmed(async (machine, id, initramfs) => {
    await boot(machine, id);
    machine.stop();
    const before = machine.objects();
    assert.deepEqual(anewOf(machine), []);
    for (const starts of [1, 2]) {
      assert.equal(await startOnSickDisk(initramfs), 'start-anew');
      assert.deepEqual(anewOf(machine), [{ starts, why: sick }]);
    }
    assert.equal(await startOnSickDisk(initramfs), 'previous-for-now');
    const { version, outcome, reason, forNow } = bootedOf(initramfs) as Record<string, unknown>;
    const previous = { version: null, outcome: 'fallback', reason: sick, forNow: true };
    assert.deepEqual({ version, outcome, reason, forNow }, previous);
    // Until a start of it can be told, each goes on with the previous root at once.
    assert.equal(await startOnSickDisk(initramfs), 'previous-for-now');
    assert.deepEqual(anewOf(machine), [{ starts: 4, why: sick }]);
    assert.equal(machine.version(id).state, 'trial');
    assert.deepEqual(machine.objects(), before);
    await boot(machine, id, undefined, textOrBytes(initramfs.readFile('/proc/cmdline')).trim());
    assert.deepEqual(anewOf(machine), []);
    const [last] = migrationLog(machine.place, { id, path: null }).versions;
    assert.deepEqual([last?.startsAnew?.starts, last?.startsAnew?.why], [0, sick]);
    assert.equal(await startOnSickDisk(initramfs), 'start-anew');
  });
});

test('case 111: a version that each start begins to make, and of which it then cannot be told, has no more starts for that', async () => {
  await withArmed(async (machine, id, initramfs) => {
    const ends: string[] = [];
    for (let start = 1; start <= 3; start += 1) {
      const begun = { kind: 'migrating' } as const;
      assert.equal(
        await recordAtBoot(initramfs, storage.storeKinds, { store: machine.store, version: id }, begun),
        null,
      );
      ends.push(await startOnSickDisk(initramfs));
    }
    assert.deepEqual(ends, ['start-anew', 'start-anew', 'previous-for-now']);
    // What has failed for certain begins to count from the start, should it be made again.
    const failed = { kind: 'failed', reason: 'no space left' } as const;
    assert.equal(
      await recordAtBoot(initramfs, storage.storeKinds, { store: machine.store, version: id }, failed),
      null,
    );
    assert.deepEqual(anewOf(machine), []);
    assert.equal(await startOnSickDisk(initramfs), 'start-anew');
  });
});

test('case 111: where a start anew cannot be counted anywhere, the previous root runs, unless the loader counts or a total reset may be destroying it', async () => {
  await withArmed(async (machine, id, initramfs) => {
    await boot(machine, id);
    machine.stop();
    const counted = (line: string): string => `${line.trim()} migrate.why=try\n`;
    const reset = (line: string): string => `${line.trim()} migrate.reset=total\n`;
    const without = (line: string): string => line.replace(/ migrate\.store=\S+/, '');
    for (const refused of ['EROFS', 'EIO'] as const) {
      const readOnly = withReadOnlyStore(initramfs, refused);
      assert.equal(await startOnSickDisk(readOnly), 'previous-for-now');
      assert.match(
        String((bootedOf(initramfs) as { reason: string }).reason),
        new RegExp(`^it was killed .*${refused}`),
      );
      assert.equal(await startOnSickDisk(startedWith(readOnly, counted)), 'start-anew');
      assert.equal(await startOnSickDisk(startedWith(readOnly, reset)), 'start-anew');
    }
    assert.equal(await startOnSickDisk(startedWith(initramfs, without)), 'previous-for-now');
    assert.deepEqual(anewOf(machine), []);
    assert.equal(machine.version(id).state, 'trial');
  });
});

test('case 110: a total reset that would go on by itself leaves nobody in the previous root, which it would destroy with what is written there', async () => {
  await withArmed(async (machine, id, initramfs) => {
    await boot(machine, id);
    machine.stop();
    const request = { version: id, nonce: '0'.repeat(32), keep: [], losses: [], at: '2026-01-01T00:00:00Z' };
    for (const state of ['confirmed', 'saving', 'wiping', 'restoring'] as const) {
      changeStore(machine.place, (store) => writeReset(store, { ...request, state }));
      for (let start = 0; start < 4; start += 1) assert.equal(await startOnSickDisk(initramfs), 'start-anew', state);
    }
    // One that is only asked for asks again.
    changeStore(machine.place, (store) => writeReset(store, { ...request, state: 'armed' }));
    assert.equal(await startOnSickDisk(initramfs), 'previous-for-now');
  });
});

test('case 113: where the previous root has no modules, or is the root itself, a start that cannot be told ends in another', async () => {
  await withArmed(async (machine, id, initramfs) => {
    await boot(machine, id);
    machine.stop();
    const { root } = readBootRequest(initramfs);
    const goingOn = (line: string): string => line.replace(/migrate\.old=\S+/, `migrate.old=${displayLocation(root)}`);
    const readOnly = withReadOnlyStore(initramfs);
    assert.equal(await startOnSickDisk({ ...readOnly, kernelRelease: '6.99' }), 'start-good');
    assert.equal(await startOnSickDisk({ ...startedWith(readOnly, goingOn), kernelRelease: '6.13' }), 'start-anew');
  });
});

for (const code of ['no-storage', 'unguarded-root', 'label-taken']) {
  test(`case 113: where ${code} says that the version was not made, the boot goes on with the previous root`, async () => {
    await withArmed(async (machine, id, initramfs) => {
      const known = new Failure({ code, kind: 'failed', message: 'it cannot be made' });
      const kinds = code === 'no-storage' ? [] : failingAt('isCommitted', known);
      const { next, reason } = await superviseBoot(afterKill(initramfs, kinds), []);
      assert.equal(next, 'previous-root');
      assert.match(reason, /^it was killed \(SIGSEGV\) \(.*cannot be made|no kind of storage serves/i);
      assert.equal(machine.version(id).state, 'failed');
      assert.equal(reasonOf(machine, id), reason);
    });
  });
}

test('what is wrong with this program is no problem of the disk: falling back ends with it', async () => {
  await withArmed(async (_machine, _id, initramfs) => {
    const wrong = Object.assign(new TypeError('The "path" argument must be a string'), {
      code: 'ERR_INVALID_ARG_TYPE',
    });
    await assert.rejects(superviseBoot(afterKill(initramfs, failingAt('discard', wrong)), []), wrong);
  });
});

/** The same initramfs, which cannot mount the previous root: only another start leads back. */
function withoutPrevious(initramfs: System): System {
  const { old } = readBootRequest(initramfs);
  const mount: System['mounts']['mount'] = (location, directory, options) => {
    if (location.subvolume === old.subvolume) throw new SystemCallError('EUCLEAN', 'mount', directory);
    initramfs.mounts.mount(location, directory, options);
  };
  return { ...initramfs, mounts: { ...initramfs.mounts, mount } };
}

test('case 113: where the previous root cannot be mounted, the machine starts anew, and the store knows why the migration failed', async () => {
  await withArmed(async (machine, id, initramfs) => {
    const { next, reason } = await superviseBoot(afterKill(withoutPrevious(initramfs)), []);
    assert.equal(next, 'reboot');
    assert.match(reason, /^it was killed \(SIGSEGV\) \(.*EUCLEAN/);
    assert.equal(machine.version(id).state, 'failed');
    assert.equal(reasonOf(machine, id), reason);
  });
});

/** What a loader was told to start next, after a failure that only another start leads back from. */
async function toldToStart(kind: Pick<LoaderKind, 'whyNotCounted' | 'startNext'>): Promise<string> {
  const open = (): never => assert.fail('the loader cannot be written');
  const loaders = [{ name: 'grub', load: () => Promise.resolve({ name: 'grub', open, ...kind }) }];
  let reason = '';
  await withArmed(async (machine, id, initramfs) => {
    const record = { schema: 'migrate.loader/1', kind: 'grub', device: 'UUID=1', path: 'migrate', tries: 2 };
    writeFileSync(join(machine.top, 'migrate/loader.json'), JSON.stringify(record));
    const end = await superviseBoot(afterKill(withoutPrevious(initramfs), storage.newRoots, loaders), []);
    assert.equal(end.next, 'reboot');
    assert.equal(machine.version(id).state, 'failed');
    ({ reason } = end);
  });
  return reason;
}

test('case 105: where only another start leads back, a loader that has not counted this one starts the good version next', async () => {
  const told: string[] = [];
  const startNext = (_system: System, version: string): void => {
    told.push(version);
  };
  await toldToStart({ whyNotCounted: () => null, startNext });
  assert.deepEqual(told, []);
  assert.doesNotMatch(await toldToStart({ whyNotCounted: () => 'nothing says so', startNext }), /may start this again/);
  assert.deepEqual(told, ['debian-12.1']);
  const fails = (): never => {
    throw new Failure({ code: 'command', kind: 'failed', message: 'cp: cannot create it' });
  };
  const reason = await toldToStart({ whyNotCounted: () => 'nothing says so', startNext: fails });
  assert.match(reason, /\(the loader may start this again: cp: cannot create it\)$/);
});

test('case 113: where falling back comes to no end, the machine starts anew', async () => {
  await withArmed(async (_machine, _id, initramfs) => {
    const silent = 'it made no progress for 120 s';
    const limits: number[] = [];
    const dead: System = {
      ...initramfs,
      superviseSelf: (_args, silentSeconds) => {
        limits.push(silentSeconds);
        return Promise.resolve({ ok: false, reason: silent });
      },
    };
    const reason = `${silent} (falling back: ${silent})`;
    assert.deepEqual(await superviseBoot(dead, []), { next: 'reboot', reason });
    assert.deepEqual(limits, [120, 120]);
  });
});

/** In an initramfs with systemd, as far as this machine can be one: with that kernel command line, and a /run of its own. */
const script = `
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/etc /run/systemd/system /run/bin
touch /run/etc/initrd-release
mount -t overlay -o lowerdir=/run/etc:/etc etc /etc
printf '#!/bin/sh\\nexit 0\\n' > /run/bin/systemctl
chmod +x /run/bin/systemctl
printf '%s\\n' "$1" > /run/cmdline
mount --bind /run/cmdline /proc/cmdline
shift
status=0
PATH=/run/bin:$PATH "$@" || status=$?
cat /run/systemd/system/sysroot.mount.d/zz-migrate-fallback.conf
exit $status
`;

test('case 113: a boot whose migration fails is up with the previous root, by processes of their own', async () => {
  await withArmed((machine, id, initramfs) => {
    const { old } = readBootRequest(initramfs);
    fill(machine.pathOf('branch', 'debian-12.1'), {
      'etc/migrate/policy.d/local.policy': 'persists everything\n',
      [`usr/lib/modules/${release()}/modules.dep`]: '',
    });
    const args = ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', lineOf(machine, id)];
    const { status, stdout, stderr } = spawnSync('unshare', [...args, ...fromSources, 'boot'], { encoding: 'utf8' });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /^migrate: failed: .*persists/m);
    assert.match(stdout, /^migrate: going on with the previous system$/m);
    assert.match(stdout, new RegExp(`subvol=${old.subvolume}$`, 'm'));
    assert.equal(machine.version(id).state, 'failed');
    assert.match(reasonOf(machine, id) ?? '', /persists/);
    return Promise.resolve();
  });
});
