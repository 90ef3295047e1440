import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { StoreLocation } from '../../../src/domain/boot-request.ts';
import { bytesOfText, textOrBytes } from '../../../src/domain/bytes.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { importImage } from '../../../src/flows/staging/import-image.ts';
import { type InitializedMachine, initMachine } from '../../../src/flows/staging/init-machine.ts';
import { type Staged, type StageRequest, stageVersion } from '../../../src/flows/staging/stage-version.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { displayObject } from '../../../src/store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { readWholeVersions } from '../../../src/versions/records.ts';
import { system } from '../../storage/objects.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';

// Images in memory: nothing here is about what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

/** Files by their paths. */
export type Content = Readonly<Record<string, string>>;

/** An image with a kernel, as far as a store looks at it. */
export const imageContent = (version: number, more: Content = {}): Content => ({
  'etc/os-release': `ID=debian\nVERSION_ID=${version}\nPRETTY_NAME="Debian ${version}"\n`,
  'etc/hostname': 'debian\n',
  'etc/issue': `Debian ${version}\n`,
  [`usr/lib/modules/6.${version}/modules.dep`]: '',
  [`boot/vmlinuz-6.${version}`]: `kernel ${version}`,
  [`boot/initrd.img-6.${version}`]: `initramfs ${version}`,
  ...more,
});

/** Writes files below a directory. */
export function fill(directory: string, content: Content): string {
  for (const [path, text] of Object.entries(content)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

/** A machine with its root in the subvolume `@v1` of a btrfs, which is mounted at `root`; its top is mounted at `top`. */
export class Machine {
  readonly top: string;
  readonly work: string;
  readonly device: string;

  constructor(top: string, work: string) {
    this.top = top;
    this.work = work;
    this.device = output('findmnt', '--noheadings', '--output', 'SOURCE', top);
    execFileSync('btrfs', ['-q', 'subvolume', 'create', join(top, '@v1')]);
    fill(join(top, '@v1'), imageContent(12, { 'etc/hostname': 'atlas\n' }));
    this.start('@v1');
  }

  get root(): string {
    return join(this.work, 'root');
  }

  get place(): StorePlace {
    return this.placeWith(system);
  }

  get store(): StoreLocation {
    return { device: this.device, path: 'migrate' };
  }

  placeWith(through: System): StorePlace {
    const findKind = (name: string) => (name === 'btrfs' ? btrfsBackend : null);
    return { system: through, directory: bytesOfText(join(this.top, 'migrate')), findKind };
  }

  /** Mounts a subvolume at `root`, as its boot does, in place of what is mounted there. */
  start(subvolume: string): void {
    this.stop();
    mkdirSync(this.root, { recursive: true });
    execFileSync('mount', ['-o', `subvol=${subvolume}`, this.device, this.root]);
  }

  stop(): void {
    const { status } = spawnSync('mountpoint', ['--quiet', this.root]);
    if (status === 0) execFileSync('umount', [this.root]);
  }

  /** A directory with an image in it. */
  image(name: string, content: Content): string {
    return fill(join(this.work, name), content);
  }

  /** Puts the machine under a store; `image` is a source, or null for none. */
  init(image: string | null, through: System = system, declareVolumes = false): Promise<InitializedMachine> {
    return initMachine(through, {
      ...{ root: this.root, host: 'atlas', storeKinds, declareVolumes },
      importBase: image === null ? null : (place) => importFrom(place, image),
    });
  }

  /** A source as a tag. */
  import(source: string, name: string | null = null, through: System = system): Promise<string> {
    return importFrom(this.placeWith(through), source, name);
  }

  stage(request: Partial<StageRequest> & { readonly image: string }, through: System = system): Staged {
    return stageVersion(this.placeWith(through), {
      ...{
        parent: null,
        since: 'image',
        choices: null,
        arm: true,
        force: false,
        reset: null,
        changeSources: [],
        onProgress: () => undefined,
      },
      ...request,
    });
  }

  versions(): readonly VersionRecord[] {
    return readStore(this.place, ({ files }) => readWholeVersions(files));
  }

  version(id: string): VersionRecord {
    const found = this.versions().find((version) => version.id === id);
    if (found === undefined) throw new TypeError(`There is no version ${id}`);
    return found;
  }

  /** Branches and tags with their holds. */
  objects(): string[] {
    return readStore(this.place, ({ state }) =>
      [...state.objects.values()].map(({ record }) => `${displayObject(state, record)} ${record.holds.join()}`.trim()),
    ).sort();
  }

  /** Opens the store for a change, and says what then is wrong with it. */
  problems(): string[] {
    changeStore(this.place, () => undefined);
    const { findings } = checkStore(this.place);
    return findings.map(({ kind, what, detail }) => `${kind}: ${what}: ${detail}`);
  }

  /** A file of a branch or tag. */
  read(kind: 'branch' | 'tag', name: string, path: string, volume = 'system'): string {
    return readFileSync(join(this.pathOf(kind, name, volume), path), 'utf8');
  }

  pathOf(kind: 'branch' | 'tag', name: string, volume = 'system'): string {
    return join(this.top, 'migrate/volumes', volume, kind === 'branch' ? 'branches' : 'tags', name);
  }

  /** What a boot with the root under its old name finds there. */
  bootsWith(subvolume: string): string {
    const directory = join(this.work, 'boot');
    mkdirSync(directory, { recursive: true });
    execFileSync('mount', ['-o', `subvol=${subvolume}`, this.device, directory]);
    try {
      return readFileSync(join(directory, 'etc/hostname'), 'utf8');
    } finally {
      execFileSync('umount', [directory]);
    }
  }
}

/** Makes a machine on a filesystem of its own, and takes it away whatever happens. */
export async function withMachine(
  body: (machine: Machine) => void | Promise<void>,
  options: { readonly size?: string } = {},
): Promise<void> {
  await withFilesystem(
    'btrfs',
    async (top) => {
      const work = mkdtempSync('/dev/shm/migrate-machine-');
      const machine = new Machine(top, work);
      try {
        await body(machine);
      } finally {
        machine.stop();
        rmSync(work, { recursive: true });
      }
    },
    { size: '2G', ...options },
  );
}

/** The system of a machine whose root is that branch of its store, with /run/migrate in a directory of its own. */
export function runningAs(machine: Machine, branch: string, through: System = system): System {
  const line = `9999 1 0:99 /migrate/volumes/system/branches/${branch} / rw - btrfs ${machine.device} rw\n`;
  return {
    ...through,
    readFile: (path) => through.readFile(path) + (path === '/proc/self/mountinfo' ? line : ''),
  };
}

/** The system of an initramfs: what it mounts under /run/migrate lies in a directory of the test. */
export function inInitramfs(machine: Machine, through: System = system): System {
  const moved = (path: string): string => path.replace(/^\/run\/migrate(?=\/)/, join(machine.work, 'run'));
  const { mounts, commands } = through;
  return {
    ...through,
    mounts: {
      ...mounts,
      mount: (location, directory, options) => mounts.mount(location, moved(directory), options),
      unmount: (directory) => mounts.unmount(moved(directory)),
    },
    commands: { ...commands, run: (program, args, options) => commands.run(program, args.map(moved), options) },
    writeFile: (path, content) => through.writeFile(moved(path), content),
    readFile: (path) => through.readFile(moved(path)),
    directory: (path) => through.directory(moved(path)),
    exists: (path) => through.exists(moved(path)),
    openRoot: (path, options) => through.openRoot(moved(path), options),
  };
}

/** Makes the root of a version as the boot does that commits it. */
export function commitRoot(
  machine: Machine,
  { id, image }: Pick<VersionRecord, 'id' | 'image'>,
  more: Content = {},
): void {
  const root = machine.pathOf('branch', id);
  execFileSync('btrfs', ['-q', 'subvolume', 'snapshot', machine.pathOf('tag', image), `${root}.migrating`]);
  fill(`${root}.migrating`, more);
  execFileSync('mv', ['--no-target-directory', `${root}.migrating`, root]);
}

async function importFrom(place: StorePlace, source: string, name: string | null = null): Promise<string> {
  const { tag } = await importImage(place, {
    ...{ source, name, digest: null, signature: null, onProgress: () => undefined },
    signal: new AbortController().signal,
  });
  return textOrBytes(tag);
}

function output(...[file = '', ...words]: string[]): string {
  return execFileSync(file, words, { encoding: 'utf8' }).trim();
}
