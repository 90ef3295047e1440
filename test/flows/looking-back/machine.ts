import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { VersionState } from '../../../src/domain/version.ts';
import { changeState, systemPlace, versionCalled } from '../../../src/flows/staging/change-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { objectAt, volumeNamed } from '../../../src/store/ledger-state.ts';
import { makeObject } from '../../../src/store/make-object.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { type Ended, migrate } from '../../cli/run-migrate.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { placeOf } from '../../versions/store-of-versions.ts';

/** A machine on btrfs under a store, made from the image `one` as its version `one.1`. */
export type Machine = {
  /** A place for files of the test. */
  readonly scratch: string;
  /** The root of the machine, mounted. */
  readonly root: string;
  readonly store: string;
  /** Runs the program on its store. */
  readonly run: (...args: readonly string[]) => Ended;
  /** Runs it, and checks that it did what it was to do, without a word on stderr. */
  readonly done: (...args: readonly string[]) => string;
  /** Where the root of a version lies. */
  readonly rootOf: (version: string) => string;
};

/** A small system; `sh` with the name of the release. */
const layOut = `
  mkdir -p etc/ssh boot usr/bin usr/lib/modules/6.1 var/lib
  printf 'ID=%s\\nPRETTY_NAME="System %s"\\n' "$1" "$1" > etc/os-release
  printf 'root:x:0:0::/root:/bin/sh\\nwww:x:33:33::/:/bin/false\\n' > etc/passwd
  printf 'root:x:0:\\nwww:x:33:\\n' > etc/group
  touch usr/lib/modules/6.1/modules.dep; echo kernel > boot/vmlinuz-6.1; echo initramfs > boot/initrd.img-6.1
  echo "welcome to $1" > etc/motd; echo "port 22 of $1" > etc/ssh/sshd_config; echo vendor > etc/hostname
`;

/** Makes an image in a directory below the scratch place, with more done to it by a script. */
export function makeImage({ scratch }: Pick<Machine, 'scratch'>, name: string, script = ''): string {
  const directory = join(scratch, name);
  execFileSync('mkdir', [directory]);
  execFileSync('bash', ['--norc', '-euc', `${layOut}\n${script}`, 'bash', name], { cwd: directory });
  return directory;
}

/** Runs the body with a machine, whose image had more done to it by a script. */
export async function withMachine(body: (machine: Machine) => void | Promise<void>, script = ''): Promise<void> {
  await withFilesystem(
    'btrfs',
    async (top) => {
      const [scratch, root, store] = [join(top, 'scratch'), join(top, 'root'), join(top, 'migrate')];
      execFileSync('mkdir', [scratch, root]);
      const image = makeImage({ scratch }, 'one', script);
      const mount = `btrfs -q subvolume create @one; cp -a "$1/." @one/; mount -o subvol=@one "$(findmnt -no SOURCE .)" "$2"`;
      execFileSync('bash', ['--norc', '-euc', mount, 'bash', image, root], { cwd: top });
      const named = ['--image', image, '--name', 'one', '--host', 'atlas'];
      const initialized = migrate(['init', '--root', root, '--no-volumes', ...named]);
      assert.equal(initialized.status, 0, initialized.stderr);
      const run: Machine['run'] = (...args) => migrate(args, { environment: { MIGRATE_STORE: store } });
      const done: Machine['done'] = (...args) => {
        const { status, stdout, stderr } = run(...args);
        assert.deepEqual({ status, stderr }, { status: 0, stderr: '' }, args.join(' '));
        return stdout;
      };
      const rootOf = (version: string): string => join(store, 'volumes/system/branches', version);
      await body({ scratch, root, store, run, done, rootOf });
    },
    { size: '1G' },
  );
}

/** Stages an image that takes over the state of a version, and does what the boot would do: the new version is on trial. */
export function update(machine: Machine, image: string, { from = 'one.1', to = 'trial' } = {}): string {
  const { run, store } = machine;
  const staged = run('stage', image, '--name', image.replace(/.*\//, ''), '--parent', from, '--json');
  assert.equal(staged.status, 0, staged.stderr);
  const { id } = (JSON.parse(staged.stdout) as { version: { id: string } }).version;
  if (to === 'armed') return id;
  makeRoot(machine, id, from);
  const states: VersionState[] = to === 'good' ? ['migrating', 'trial', 'good'] : ['migrating', 'trial'];
  changeStore(placeOf(btrfsBackend, store), (opened) => {
    const volume = volumeNamed(opened.state, 'system');
    const root = objectAt(opened.state, systemPlace('branch', id))?.record ?? null;
    assert.ok(volume !== null);
    makeObject(opened, { volume, kind: 'tag', name: `born-${id}`, from: root, notes: { purpose: 'born' } });
    changeState(opened, { ...versionCalled(opened, id), born: `born-${id}` }, states, 'its root is committed');
  });
  return id;
}

function makeRoot({ run, store, rootOf }: Machine, id: string, from: string): void {
  const { image, base } = changeStore(placeOf(btrfsBackend, store), (opened) => {
    const version = versionCalled(opened, id);
    const volume = volumeNamed(opened.state, 'system');
    assert.ok(volume !== null);
    const tag = objectAt(opened.state, systemPlace('tag', version.image))?.record ?? null;
    makeObject(opened, { volume, kind: 'branch', name: id, from: tag });
    return version;
  });
  assert.ok(base !== null, image);
  const tags = join(store, 'volumes/system/tags');
  const trees = ['--base', join(tags, base), '--old', rootOf(from), '--new', rootOf(id)];
  const applied = run('apply', ...trees, '--unattended');
  assert.equal(applied.status, 0, applied.stderr);
}
