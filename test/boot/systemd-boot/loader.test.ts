import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Loader, LoaderState } from '../../../src/boot/loader.ts';
import { systemdBoot } from '../../../src/boot/systemd-boot/loader.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { System } from '../../../src/system/system.ts';
import { intercept, type Method, methodOf } from '../../apply/interruption.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { entryOf, menu } from '../grub/menus.ts';

const real = realSystem(['/bin/false']);

/** This machine as if the tmpfs of the test were FAT, which not every kernel that runs tests knows. */
const system: System = {
  ...real,
  readFile: (path) => {
    const text = real.readFile(path);
    return path === '/proc/self/mountinfo' ? text.replaceAll(' - tmpfs ', ' - vfat ') : text;
  },
};

/** The same, started as a trial that systemd-boot has counted, or not. */
function startedAsTrial(counted: boolean): System {
  return {
    ...system,
    readFile: (path) => (path === '/proc/cmdline' ? 'root=UUID=1 migrate.why=try' : system.readFile(path)),
    exists: (path) => (path.includes('LoaderBootCountPath') ? counted : system.exists(path)),
  };
}

const armed: LoaderState = { good: 'v1', trial: { version: 'v2', tries: 2, failed: false }, once: null };
const settled: LoaderState = { good: 'v1', trial: null, once: null };
const committed = { ...menu, entries: [entryOf('v2'), ...menu.entries], good: 'v2', trial: null };

type Place = { readonly loader: Loader; readonly top: string; readonly names: () => string[] };

async function withLoader(use: (place: Place) => void): Promise<void> {
  await withFilesystem('tmpfs', (top) => {
    const directory = join(top, 'migrate');
    mkdirSync(directory);
    const loader = systemdBoot.open({ directory, path: '/migrate' }, system);
    loader.install();
    use({ loader, top, names: () => readdirSync(join(top, 'loader/entries')).toSorted() });
  });
}

test('entries are written whole, with what systemd-boot orders them by', async () => {
  await withLoader(({ loader, top, names }) => {
    assert.deepEqual(loader.read(), { good: null, trial: null, once: null });
    loader.writeMenu(menu);
    loader.write(armed);
    assert.deepEqual(loader.read(), armed);
    assert.deepEqual(names(), ['migrate-v0.conf', 'migrate-v1.conf', 'migrate-v2+2.conf', 'migrate.recovery-1.conf']);
    assert.equal(
      readFileSync(join(top, 'loader/entries/migrate-v1.conf'), 'utf8'),
      [
        'title Version v1',
        'sort-key migrate',
        'version 2',
        'linux /migrate/versions/v1/linux',
        'initrd /migrate/versions/v1/initrd',
        'options root=LABEL=ROOT migrate.why=stable',
        '',
      ].join('\n'),
    );
    assert.match(readFileSync(join(top, 'loader/entries/migrate-v2+2.conf'), 'utf8'), /^version 3$/m);
    assert.match(readFileSync(join(top, 'loader/entries/migrate-v0.conf'), 'utf8'), /^version 1\.1$/m);
  });
});

test('what systemd-boot counts is read, and a trial without a start left has failed', async () => {
  await withLoader(({ loader, top, names }) => {
    loader.writeMenu(menu);
    loader.write(armed);
    const entries = join(top, 'loader/entries');
    renameSync(join(entries, 'migrate-v2+2.conf'), join(entries, 'migrate-v2+1-1.conf'));
    assert.deepEqual(loader.read(), { ...armed, trial: { version: 'v2', tries: 1, failed: false } });
    loader.write({ ...armed, trial: { version: 'v2', tries: 1, failed: false } });
    assert.ok(names().includes('migrate-v2+1-1.conf'), 'a state that is written again counts nothing');
    renameSync(join(entries, 'migrate-v2+1-1.conf'), join(entries, 'migrate-v2+0-2.conf'));
    assert.deepEqual(loader.read().trial, { version: 'v2', tries: 0, failed: true });
    loader.write(settled);
    assert.deepEqual(names(), ['migrate-v0.conf', 'migrate-v1.conf', 'migrate.recovery-1.conf']);
  });
});

test('to commit takes the counter away; so does systemd-bless-boot, and it is the same', async () => {
  for (const blessed of [false, true]) {
    await withLoader(({ loader, top, names }) => {
      loader.writeMenu(menu);
      loader.write(armed);
      const entries = join(top, 'loader/entries');
      if (blessed) {
        renameSync(join(entries, 'migrate-v2+2.conf'), join(entries, 'migrate-v2.conf'));
        assert.deepEqual(loader.read(), { good: 'v2', trial: null, once: null });
      }
      loader.writeMenu(committed);
      loader.write({ ...settled, good: 'v2' });
      assert.deepEqual(loader.read(), { ...settled, good: 'v2' });
      const wanted = ['migrate-v0.conf', 'migrate-v1.conf', 'migrate-v2.conf', 'migrate.recovery-1.conf'];
      assert.deepEqual(names(), wanted);
      assert.match(readFileSync(join(entries, 'migrate-v2.conf'), 'utf8'), /^version 2$(?:.|\n)*migrate\.why=stable$/m);
      assert.match(readFileSync(join(entries, 'migrate-v1.conf'), 'utf8'), /^version 1\./m);
    });
  }
});

test('case 73: a version that goes on trial again has no entry that counts nothing', async () => {
  await withLoader(({ loader, names }) => {
    loader.writeMenu(committed);
    loader.write({ ...settled, good: 'v2' });
    loader.writeMenu({ ...committed, entries: [entryOf('v2')], trial: entryOf('v1') });
    loader.write({ good: 'v2', trial: { version: 'v1', tries: 2, failed: false }, once: null });
    assert.deepEqual(
      names().filter((name) => name.startsWith('migrate-v1')),
      ['migrate-v1+2.conf'],
    );
  });
});

test('case 101: a request while a version is on trial starts that one, counted as its entry is', async () => {
  await withLoader(({ loader, top }) => {
    const once = { mode: 'total', nonce: 'n2' };
    loader.writeMenu(menu);
    loader.write({ ...armed, once });
    assert.deepEqual(loader.read(), { ...armed, once });
    const entries = join(top, 'loader/entries');
    const text = readFileSync(join(entries, 'migrate.once+1.conf'), 'utf8');
    const trial = readFileSync(join(entries, 'migrate-v2+2.conf'), 'utf8');
    assert.match(text, /^options .* migrate\.why=try migrate\.reset=total migrate\.nonce=n2$/m);
    assert.equal(/^linux .*$/m.exec(text)?.[0], /^linux .*$/m.exec(trial)?.[0]);
    // One that was given up is not started again by a request.
    loader.write({ ...armed, trial: { version: 'v2', tries: 0, failed: true }, once });
    const after = readFileSync(join(entries, 'migrate.once+1.conf'), 'utf8');
    assert.match(after, /^options .* migrate\.why=stable migrate\.reset=total/m);
  });
});

test('a request has one start, before all others, and says what is asked for', async () => {
  await withLoader(({ loader, top }) => {
    const once = { mode: 'config', nonce: 'n1' };
    loader.writeMenu(menu);
    loader.write({ ...settled, once });
    assert.deepEqual(loader.read(), { ...settled, once });
    const entries = join(top, 'loader/entries');
    const text = readFileSync(join(entries, 'migrate.once+1.conf'), 'utf8');
    assert.match(text, /^version 4$/m);
    assert.match(text, /^options .* migrate\.reset=config migrate\.nonce=n1$/m);
    renameSync(join(entries, 'migrate.once+1.conf'), join(entries, 'migrate.once+0-1.conf'));
    assert.deepEqual(loader.read(), settled);
    loader.write(settled);
    assert.deepEqual(
      readdirSync(entries).filter((name) => name.includes('once')),
      [],
    );
  });
});

test('case 104: a state without its entries is refused, and nothing is changed', async () => {
  await withLoader(({ loader, names }) => {
    loader.writeMenu({ ...menu, trial: null });
    loader.write(settled);
    const before = names();
    assert.throws(() => loader.write({ ...settled, good: 'v9' }), { code: 'loader-not-written' });
    assert.throws(() => loader.write(armed), { code: 'loader-not-written' });
    assert.throws(() => loader.writeMenu({ ...menu, good: 'v9' }), { code: 'loader-menu' });
    assert.throws(() => loader.writeMenu({ ...menu, trial: entryOf('v 2') }), { code: 'loader-menu' });
    assert.deepEqual(names(), before);
    assert.deepEqual(loader.read(), settled);
  });
});

test('case 72: what is on a partition that is read-only is read, and what is wrong is told', async () => {
  await withLoader(({ loader, top }) => {
    loader.writeMenu(menu);
    loader.write(armed);
    execFileSync('mount', ['-o', 'remount,ro', top]);
    const opened = systemdBoot.open({ directory: join(top, 'migrate'), path: '/migrate' }, system);
    assert.deepEqual(opened.read(), armed);
    assert.deepEqual(
      opened.problems().map(({ key }) => key),
      ['loader-not-writable'],
    );
    assert.throws(() => opened.write(settled), { code: 'loader-filesystem', message: /mounted read-only/ });
  });
});

test('case 104: a state whose entries are not renamed, or not on the disk, is not written', async () => {
  await withLoader(({ loader, top, names }) => {
    loader.writeMenu(menu);
    loader.write(armed);
    const place = { directory: join(top, 'migrate'), path: '/migrate' };
    const opened = (method: 'rename' | 'readFromDisk', instead: Method): Loader =>
      systemdBoot.open(place, {
        ...system,
        openRoot: (directory) => {
          const files = system.openRoot(directory);
          intercept(files, method, instead);
          return files;
        },
      });
    const lost = opened('rename', () => undefined);
    const once = { mode: 'config', nonce: 'n1' };
    const states: LoaderState[] = [
      { ...armed, trial: { version: 'v2', tries: 1, failed: false } },
      { ...armed, trial: { version: 'v2', tries: 2, failed: true } },
      { ...settled, good: 'v2' },
      { ...armed, once },
    ];
    for (const state of states) {
      assert.throws(() => lost.write(state), { code: 'loader-not-written' });
      loader.write(armed);
    }
    const before = names().filter((name) => name.endsWith('.conf'));
    const forgetful = opened('readFromDisk', () => 'version 1\n');
    for (const change of [() => forgetful.write({ ...armed, once }), () => forgetful.writeMenu(committed)]) {
      assert.throws(change, { code: 'loader-not-written', message: /does not hold what was written/ });
    }
    assert.deepEqual(
      names().filter((name) => name.endsWith('.conf')),
      before,
    );
  });
});

test('the files by which versions are started are told from those of repairs, before a trial is armed and after', async () => {
  await withLoader(({ loader }) => {
    assert.deepEqual(loader.startFiles(), new Set());
    loader.writeMenu({ ...menu, recovery: [entryOf('v1', { kernel: '/previous/linux', initrds: [] })] });
    const files = ['v0', 'v1', 'v2'].flatMap((id) =>
      ['initrd', 'linux'].map((name) => `/migrate/versions/${id}/${name}`),
    );
    assert.deepEqual([...loader.startFiles()].toSorted(), files);
    loader.write(armed);
    assert.deepEqual([...loader.startFiles()].toSorted(), files);
  });
});

test('case 110: what is read back is read once it was brought to the disk', async () => {
  await withLoader(({ loader, top }) => {
    loader.writeMenu(menu);
    const calls: string[] = [];
    const place = { directory: join(top, 'migrate'), path: '/migrate' };
    const recorded: System = {
      ...system,
      openRoot: (directory) => {
        const files = system.openRoot(directory);
        const read = methodOf(files, 'readFromDisk');
        intercept(files, 'readFromDisk', (args) => {
          calls.push(`read ${String(args[0])}`);
          return read(args);
        });
        return files;
      },
      mounts: {
        ...system.mounts,
        checkpoint: (directory) => {
          calls.push('checkpoint');
          system.mounts.checkpoint(directory);
        },
      },
    };
    systemdBoot.open(place, recorded).write(armed);
    assert.ok(
      calls.lastIndexOf('read /loader/entries/migrate-v1.conf') > calls.indexOf('checkpoint'),
      calls.join(', '),
    );
    assert.equal(calls.filter((call) => call === 'checkpoint').length, 1);
  });
});

test('case 105: a start counts as one of a trial where systemd-boot names the entry that it has counted', () => {
  const commands: string[] = [];
  const started = (counted: boolean, has: { readonly line?: string; readonly mounted?: boolean } = {}): System => {
    let { mounted = true } = has;
    return {
      ...system,
      readFile: (path) => {
        if (path === '/proc/cmdline') return has.line ?? 'migrate.run migrate.why=try';
        return mounted ? '1 2 0:3 / /sys/firmware/efi/efivars rw - efivarfs efivarfs rw\n' : '';
      },
      exists: (path) =>
        path.endsWith('/efivars') || (mounted && counted && path.includes('/efivars/LoaderBootCountPath-4a67b082-')),
      commands: {
        ...system.commands,
        run: (program, args) => {
          commands.push([program, ...args].join(' '));
          mounted = true;
          return { stdout: '', stderr: '' };
        },
      },
    };
  };
  assert.equal(systemdBoot.whyNotCounted(started(true)), null);
  assert.match(systemdBoot.whyNotCounted(started(false)) ?? '', /LoaderBootCountPath/);
  assert.match(systemdBoot.whyNotCounted(started(true, { line: 'migrate.run' })) ?? '', /migrate\.why=try/);
  assert.deepEqual(commands, []);
  assert.equal(systemdBoot.whyNotCounted(started(true, { mounted: false })), null);
  assert.match(systemdBoot.whyNotCounted(started(false, { mounted: false })) ?? '', /LoaderBootCountPath/);
  const mount = 'mount -t efivarfs -o nosuid,nodev,noexec efivarfs /sys/firmware/efi/efivars';
  assert.deepEqual(commands, [mount, mount]);
});

test('case 105: the entry of a version is named to the firmware for one start, as systemd-boot reads it', () => {
  const written: [string, string][] = [];
  const recorded: System = {
    ...system,
    readFile: (path) => (path === '/proc/self/mountinfo' ? '1 2 0:3 / /e rw - efivarfs e rw\n' : system.readFile(path)),
    commands: {
      ...system.commands,
      run: (program, [from = '', to = '']) => {
        assert.equal(program, 'cp');
        written.push([to, readFileSync(from).subarray(4).toString('utf16le')]);
        assert.equal(readFileSync(from).readUInt32LE(0), 7);
        return { stdout: '', stderr: '' };
      },
    },
  };
  const variable = (name: string): string => `/sys/firmware/efi/efivars/${name}-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f`;
  const startedBy = (name: string): System => ({ ...recorded, exists: (path) => path === variable(name) });
  // Of another loader it would stay unread, and count on the day that systemd-boot starts the machine.
  assert.throws(() => systemdBoot.startNext?.(startedBy('Other'), 'a+2.1'), /it has not started this machine/);
  assert.deepEqual(written, []);
  systemdBoot.startNext?.(startedBy('LoaderInfo'), 'a+2.1');
  assert.deepEqual(written, [[variable('LoaderEntryOneShot'), 'migrate-a_p2.1.conf\0']]);
});

test('every id of a version has an entry of its own, whose name has no counter before it is counted', async () => {
  const ids = ['a+2.1', 'a_p2.1', 'a__2.1', 'a_+2', 'g++-4', 'recovery-1', 'recovery-12.3', 'once'];
  for (const id of ids) {
    await withLoader(({ loader, names }) => {
      const state = { good: 'v1', trial: { version: id, tries: 2, failed: false }, once: null };
      loader.writeMenu({ ...menu, trial: entryOf(id) });
      loader.write(state);
      assert.deepEqual(loader.read(), state);
      loader.writeMenu({ ...menu, entries: ids.map((each) => entryOf(each)), good: id, trial: null });
      loader.write({ ...settled, good: id });
      assert.deepEqual(loader.read(), { ...settled, good: id });
      assert.equal(names().filter((name) => name.startsWith('migrate-')).length, ids.length);
      for (const name of names()) assert.match(name, /^[A-Za-z0-9._-]+\.conf$/);
      const asked = { ...settled, good: id, once: { mode: 'config', nonce: 'n1' } };
      loader.write(asked);
      assert.deepEqual(loader.read(), asked);
    });
  }
});

test('case 102: an entry that is damaged is no good version, is found, and is written anew', async () => {
  await withLoader(({ loader, top }) => {
    const entries = join(top, 'loader/entries');
    const found = (): string[] => loader.problems().map(({ key, blocksTrial }) => `${key}${blocksTrial ? '!' : ''}`);
    for (const [name, problems, state] of [
      ['migrate-v0.conf', ['entry-damaged'], armed],
      ['migrate-v2+2.conf', ['entry-damaged'], armed],
      ['migrate-v1.conf', ['entry-damaged', 'menu-lacks-good!'], { ...armed, good: null }],
    ] as const) {
      loader.writeMenu(menu);
      loader.write(armed);
      const whole = readFileSync(join(entries, name), 'utf8');
      // All of it lost, and all but its beginning: the firmware would find no kernel in either.
      for (const left of ['', whole.slice(0, whole.indexOf('linux '))]) {
        writeFileSync(join(entries, name), left);
        assert.deepEqual([found(), loader.read()], [problems, state], name);
        loader.writeMenu(menu);
        loader.write(armed);
        assert.deepEqual([found(), readFileSync(join(entries, name), 'utf8')], [[], whole], name);
      }
    }
  });
});

test('a filesystem that firmware cannot write to is refused, and what makes a trial unsafe is found', async () => {
  await withLoader(({ loader, top }) => {
    const place = { directory: join(top, 'migrate'), path: '/migrate' };
    const elsewhere = systemdBoot.open(place, real);
    for (const change of [() => elsewhere.install(), () => elsewhere.writeMenu(menu), () => elsewhere.write(settled)]) {
      assert.throws(change, { code: 'loader-filesystem' });
    }
    const keys = (of = loader): string[] => of.problems().map(({ key }) => key);
    assert.deepEqual(keys(), ['menu-lacks-good']);
    loader.writeMenu(menu);
    loader.write(armed);
    assert.deepEqual(keys(), []);
    writeFileSync(join(top, 'loader/loader.conf'), 'timeout 3\ndefault debian.conf\n');
    assert.deepEqual(keys(), ['other-default']);
    rmSync(join(top, 'loader/loader.conf'));
    assert.deepEqual(keys(systemdBoot.open(place, startedAsTrial(false))), ['start-not-counted']);
    assert.deepEqual(keys(systemdBoot.open(place, startedAsTrial(true))), []);
  });
});
