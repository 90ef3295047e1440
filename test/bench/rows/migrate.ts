import { join } from 'node:path';
import { command } from '../../../qemu/command.ts';
import { against, binary, type Floor } from '../against.ts';
import { floorProgram } from '../floor-program.ts';
import { alternate, type Contender, median } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { withDisk } from '../trees/disk.ts';
import { largeFiles, smallFiles } from '../trees/many-files.ts';
import { nextRoot, ostreeSystem, rootPair, rootSnapshots } from '../trees/roots.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 5;

/** Whole migrations: compared, decided, written, verified, and on the disk. */
export const migrations: readonly Row[] = [
  {
    name: 'migration',
    work: 'whole migration, Debian 12 to 13: plan and apply, 500 changes, durable',
    peer: 'ostree admin deploy',
    limit: 0.3,
    unit: 'ratio',
    measure: migrateRoot,
  },
  {
    name: 'migration-btrfs',
    work: 'the same on btrfs, base and ours and theirs being snapshots',
    peer: 'ostree admin deploy, on btrfs too',
    limit: 0.3,
    unit: 'ratio',
    measure: migrateSnapshots,
  },
  {
    name: 'small-files',
    work: 'apply 10,000 small files, durable',
    peer: 'cp -a; sync',
    limit: 1.1,
    unit: 'ratio',
    measure: copySmallFiles,
  },
  {
    name: 'large-files',
    work: 'apply 10 large files on a filesystem that shares extents',
    peer: 'cp -a --reflink=always, and our start',
    limit: 1.2,
    unit: 'ratio',
    measure: copyLargeFiles,
  },
];

async function migrateRoot(): Promise<Figures> {
  const [pair, next, system] = [await rootPair(), await nextRoot(), await ostreeSystem()];
  return withDisk(system, { writable: 'copy' }, (sysroot) =>
    withDisk(pair, { writable: 'no' }, (trees) =>
      withDirectory(async (directory) => {
        const image = join(directory, 'image');
        const place = join(directory, 'mnt');
        await command('mkdir', [place]);
        const [base, old, theirs] = [join(trees, 'base'), join(trees, 'ours'), join(place, 'theirs')];
        const fresh = {
          before: async () => {
            await command('cp', ['--sparse=always', next.path, image]);
            await command('mount', ['-o', 'loop', image, place]);
            // As warm as the repository that ostree takes its files from.
            await command('find', [place, '-xdev', '-links', '0']);
            await command('sync', []);
          },
          after: async () => {
            await command('umount', [place]);
          },
        };
        const ours: Contender = { ...fresh, command: apply({ base, old, new: theirs }) };
        const floor: Floor = {
          ...fresh,
          what: 'Node on nothing but the system calls: look once at every entry of base, ours and theirs, and read /etc',
          command: [process.execPath, await floorProgram(directory, 'look-at-trees'), base, old, theirs],
        };
        return against(ours, deploying(sysroot), rounds, floor);
      }),
    ),
  );
}

/** As a machine has them whose store lies on btrfs: nothing is copied to make the new root. */
async function migrateSnapshots(): Promise<Figures> {
  const [roots, system] = [await rootSnapshots(), await ostreeSystem('btrfs')];
  return withDisk(system, { writable: 'copy' }, (sysroot) =>
    withDisk(roots, { writable: 'copy' }, (top) => {
      const [base, old, next, theirs] = ['base', 'ours', 'next', 'theirs'].map((name) => join(top, name)) as [
        string,
        string,
        string,
        string,
      ];
      const ours: Contender = {
        command: apply({ base, old, new: theirs }),
        before: async () => {
          await command('btrfs', ['subvolume', 'snapshot', next, theirs]);
          await command('find', [theirs, '-xdev', '-links', '0']);
          await command('sync', []);
        },
        after: async () => {
          await command('btrfs', ['subvolume', 'delete', '--commit-after', theirs]);
        },
      };
      return against(ours, deploying(sysroot), rounds);
    }),
  );
}

function deploying(sysroot: string): Contender {
  return {
    command: ['ostree', 'admin', 'deploy', `--sysroot=${sysroot}`, '--os=debian', 'new'],
    before: async () => {
      await command('sync', []);
    },
    after: async () => {
      await command('ostree', ['admin', 'undeploy', `--sysroot=${sysroot}`, '0']);
    },
  };
}

async function copySmallFiles(): Promise<Figures> {
  return withDisk(await smallFiles(), { writable: 'copy' }, (top) => {
    const { ours, copy } = copying(top);
    const peer = shell('cp -a "$1/." "$2" && sync --file-system "$2"', copy.from, copy.to);
    return withDirectory(async (directory) => {
      const program = await floorProgram(directory, 'carry-files');
      const floor: Floor = {
        ...ours,
        what: 'Node on nothing but the system calls: look at ours, copy beside, sync, rename, compare, sync',
        command: [process.execPath, program, join(top, 'ours'), join(top, 'theirs')],
      };
      return against(ours, { ...copy.emptied, command: peer }, rounds, floor);
    });
  });
}

async function copyLargeFiles(): Promise<Figures> {
  return withDisk(await largeFiles(), { writable: 'copy' }, async (top) => {
    const { ours, copy } = copying(top);
    const cp: Contender = { ...copy.emptied, command: shell('cp -a --reflink=always "$1/." "$2"', copy.from, copy.to) };
    const synced: Contender = {
      ...copy.emptied,
      command: shell('cp -a --reflink=always "$1/." "$2" && sync --file-system "$2"', copy.from, copy.to),
    };
    const empty = join(top, 'empty');
    await command('mkdir', [empty, `${empty}/base`, `${empty}/old`, `${empty}/new`]);
    const start: Contender = {
      command: [binary, 'plan', ...sidesOf({ base: `${empty}/base`, old: `${empty}/old`, new: `${empty}/new` })],
    };
    const times = await alternate({ ours, cp, synced, start }, rounds);
    const peer = times.cp.map((time, round) => time + (times.start[round] ?? 0));
    const durable = median(times.synced) + median(times.start);
    return {
      value: median(times.ours) / median(peer),
      ours: times.ours,
      peer,
      notes: [
        `start ${median(times.start).toFixed(0)} ms, cp ${median(times.cp).toFixed(0)} ms, cp and sync ${median(times.synced).toFixed(0)} ms`,
        `against start, cp and sync: ${(median(times.ours) / durable).toFixed(2)}`,
      ],
    };
  });
}

/** Our migration of `ours` into `theirs`, and a copy of `ours` to `target`; both start from nothing in every round. */
function copying(top: string): {
  ours: Contender;
  copy: { from: string; to: string; emptied: Omit<Contender, 'command'> };
} {
  const emptied = (directory: string): Omit<Contender, 'command'> => ({
    before: async () => {
      await command('rm', ['-rf', directory]);
      await command('mkdir', [directory]);
      await command('sync', []);
    },
  });
  const [base, old, theirs, target] = ['base', 'ours', 'theirs', 'target'].map((name) => join(top, name)) as [
    string,
    string,
    string,
    string,
  ];
  return {
    ours: { ...emptied(theirs), command: apply({ base, old, new: theirs }) },
    copy: { from: old, to: target, emptied: emptied(target) },
  };
}

type Sides = { readonly base: string; readonly old: string; readonly new: string };

function apply(sides: Sides): [string, ...string[]] {
  return [binary, 'apply', '--unattended', ...sidesOf(sides)];
}

function sidesOf(sides: Sides): string[] {
  return Object.entries(sides).flatMap(([side, path]) => [`--${side}`, path]);
}

function shell(script: string, ...args: readonly string[]): [string, ...string[]] {
  return ['sh', '-c', script, 'sh', ...args];
}
