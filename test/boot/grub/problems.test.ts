import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoaderState } from '../../../src/boot/loader.ts';
import type { System } from '../../../src/system/system.ts';
import { type Directory, system, withLoaderDirectory } from './loader-directory.ts';
import { menu } from './menus.ts';

const armed: LoaderState = { good: 'v1', trial: { version: 'v2', tries: 2, failed: false }, once: null };
const image = 'BOOT_IMAGE=(hd0,gpt2)/migrate/versions/v1/linux root=UUID=1';

/** This machine as if GRUB had started it with that command line, and its /boot had nothing of GRUB. */
function startedWith(commandLine: string): System {
  return {
    ...system,
    readFile: (path) => (path === '/proc/cmdline' ? commandLine : system.readFile(path)),
    exists: (path) => (path.startsWith('/boot/') ? false : system.exists(path)),
  };
}

const asStarted = startedWith(`${image} migrate.why=stable migrate.env=b:2\n`);

/** Keys of what is wrong, those that stop a trial with a `!`. */
function problems({ open }: Directory, as: System = asStarted): string[] {
  return open(as)
    .problems()
    .map(({ key, blocksTrial }) => (blocksTrial ? `${key}!` : key));
}

async function withWholeLoader(use: (at: Directory) => void): Promise<void> {
  await withLoaderDirectory('ext4', (at) => {
    const loader = at.open();
    loader.install();
    loader.writeMenu(menu);
    loader.write(armed);
    assert.deepEqual(problems(at), []);
    use(at);
  });
}

test('case 102: environments that are missing, truncated, or say different things are found', async () => {
  await withWholeLoader((at) => {
    const [a, b] = ['env.a', 'env.b'].map((name) => join(at.directory, name));
    assert.ok(a !== undefined && b !== undefined);
    const older = readFileSync(a);
    at.open().write({ ...armed, good: 'v0' });
    assert.deepEqual(problems(at), []);
    // What GRUB itself changes in the newer one is no difference.
    execFileSync('grub-editenv', [b, 'set', 'migrate_tries=1', 'migrate_once=']);
    assert.deepEqual(problems(at), []);
    writeFileSync(a, older);
    assert.deepEqual(problems(at), ['environments-differ']);
    truncateSync(a, 0);
    assert.deepEqual(problems(at), ['environment-damaged']);
    rmSync(a);
    assert.deepEqual(problems(at), ['environment-missing']);
    truncateSync(b, 1023);
    assert.deepEqual(problems(at), ['environment-missing!', 'environment-damaged!', 'environment-elsewhere!']);
  });
});

test('case 103: an environment other than the one that GRUB reads is found', async () => {
  await withWholeLoader((at) => {
    const used = (environment: string): string[] =>
      problems(at, startedWith(`${image} migrate.why=try migrate.env=${environment}`));
    assert.deepEqual(used('a:1'), []);
    assert.deepEqual(used('b:4'), []);
    assert.deepEqual(used('b:5'), ['environment-elsewhere!']);
    assert.deepEqual(used('x'), []);
    assert.deepEqual(used('none'), ['environment-unread']);
  });
});

test('case 105: a start by an entry that counts nothing is found, one by another loader is none of ours', async () => {
  await withWholeLoader((at) => {
    assert.deepEqual(problems(at, startedWith(image)), ['start-not-counted!']);
    assert.deepEqual(problems(at, startedWith(`${image} migrate.why=stable`)), ['start-not-counted!']);
    assert.deepEqual(problems(at, startedWith(`${image} migrate.env=b:2`)), ['start-not-counted!']);
    assert.deepEqual(problems(at, startedWith('BOOT_IMAGE=/boot/vmlinuz root=UUID=1')), []);
    assert.deepEqual(problems(at, startedWith('root=UUID=1 quiet')), []);
  });
});

test('case 105: a configuration of GRUB that does not read the menu is found, and the script of /etc/grub.d mends it', async () => {
  await withWholeLoader((at) => {
    for (const place of ['grub', 'boot/grub', 'boot/grub2', 'EFI/debian']) {
      const configuration = join(at.mountpoint, place, 'grub.cfg');
      mkdirSync(join(configuration, '..'), { recursive: true });
      writeFileSync(configuration, 'menuentry Debian { true }\n');
      assert.deepEqual(problems(at), ['fragment-missing!'], place);
      for (const other of ['# source "($migrate_root)/migrate/menu.cfg"', 'source "($root)/boot/migrate/menu.cfg"']) {
        writeFileSync(configuration, `${other}\n`);
        assert.deepEqual(problems(at), ['fragment-missing!'], other);
      }
      writeFileSync(configuration, fragment(at.directory));
      assert.deepEqual(problems(at), [], place);
      rmSync(configuration);
    }
    rmSync(join(at.directory, 'grub.cfg'));
    assert.deepEqual(problems(at), ['fragment-missing!']);
  });
});

test('a menu that is missing, or that lacks the good version, is found', async () => {
  await withWholeLoader((at) => {
    at.open().write({ ...armed, good: 'v7' });
    assert.deepEqual(problems(at), ['menu-lacks-good!']);
    rmSync(join(at.directory, 'menu.cfg'));
    assert.deepEqual(problems(at), ['menu-missing!']);
  });
});

test('a filesystem that is nearly full is found', async () => {
  await withWholeLoader((at) => {
    const fill = (free: number): void => {
      const files = system.openRoot(at.mountpoint);
      try {
        execFileSync('fallocate', [
          '--length',
          String(files.space().bytes - free),
          join(at.mountpoint, `fill-${free}`),
        ]);
      } finally {
        files.close();
      }
    };
    fill(60 * 2 ** 20);
    assert.deepEqual(problems(at), ['filesystem-nearly-full']);
    fill(16 * 2 ** 20);
    assert.deepEqual(problems(at), ['filesystem-nearly-full!']);
  });
});

test('the script of /etc/grub.d finds the directory by the UUID of its filesystem, wherever it is mounted', async () => {
  await withWholeLoader((at) => {
    const device = execFileSync('findmnt', ['-n', '-o', 'SOURCE', at.mountpoint], { encoding: 'utf8' }).trim();
    const uuid = execFileSync('blkid', ['-p', '-s', 'UUID', '-o', 'value', device], { encoding: 'utf8' }).trim();
    const text = fragment(at.directory);
    assert.match(text, new RegExp(`^search --no-floppy --fs-uuid --set=migrate_root '${uuid}'$`, 'm'));
    assert.match(text, /^insmod ext2$/m);
    assert.match(text, /source "\(\$migrate_root\)\/migrate\/menu.cfg"/);
    execFileSync('grub-script-check', [], { input: text });
    const bound = join(at.mountpoint, 'elsewhere');
    mkdirSync(bound);
    execFileSync('mount', ['--bind', at.directory, bound]);
    assert.equal(fragment(bound).replace(/^Found.*\n/, ''), text);
  });
});

test('the script of /etc/grub.d writes nothing where no directory is set up', () => {
  assert.deepEqual(runScript(''), { status: 0, stdout: '', stderr: '' });
});

test('the script of /etc/grub.d leaves out what GRUB could not read, and keeps update-grub from nothing', async () => {
  await withWholeLoader((at) => {
    const strange = join(at.mountpoint, 'a $b');
    cpSync(at.directory, strange, { recursive: true });
    for (const [directory, said] of [
      [strange, /cannot name \/a \$b$/m],
      [join(at.mountpoint, 'not-there'), /no directory .*not-there$/m],
      ['/proc', /has no UUID$/m],
    ] as const) {
      const { status, stdout, stderr } = runScript(directory);
      assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
      assert.match(stderr, said);
    }
  });
});

function fragment(directory: string): string {
  const { status, stdout, stderr } = runScript(directory);
  assert.equal(status, 0, stderr);
  return stdout;
}

function runScript(directory: string): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, MIGRATE_LOADER: directory };
  const script = join(import.meta.dirname, '../../../initramfs/42_migrate');
  const { status, stdout, stderr } = spawnSync(script, { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}
