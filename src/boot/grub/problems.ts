import { type ByteString, textOrBytes } from '../../domain/bytes.ts';
import { parseKernelCommandLine } from '../../domain/kernel-command-line.ts';
import { childOf } from '../../domain/path.ts';
import { mountOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type LoaderPlace, type LoaderProblem, notWritableKey } from '../loader.ts';
import { configurationPath, readsMenu } from './configuration.ts';
import { type Environment, environmentPath, newestOf, readEnvironments } from './environment.ts';
import { isHalfCommitted } from './half-committed.ts';
import { menuName, versionsIn } from './menu.ts';
import { whyNotWritable } from './writable-by-grub.ts';

const setAnew = 'Set the loader anew: migrate loader set';
type Room = { readonly bytes: number; readonly inodes: number };

/** Less is too little for another version's kernel: a warning. What only menu and environments need stops a trial. */
const little: Room = { bytes: 64 * 2 ** 20, inodes: 32 };
const tooLittle: Room = { bytes: 2 ** 20, inodes: 4 };
/** What ext4 counts as free and gives to no file: up to 4096 clusters (fs/ext4/super.c, s_resv_clusters). */
const keptByExt4 = 16 * 2 ** 20;

/** What makes a trial or a reset by GRUB unsafe, of the loader's directory and of how this machine was started. */
export function problemsOf(place: LoaderPlace, system: System, files: Files): readonly LoaderProblem[] {
  const environments = readEnvironments(files);
  const why = whyNotWritable(system, files);
  return [
    ...(why === null ? [] : [notWritable(files, why)]),
    ...environmentProblems(environments),
    ...commitProblems(files, environments),
    ...menuProblems(files, environments),
    ...configurationProblems(place, system, files),
    ...spaceProblems(system, files),
    ...startProblems(place, system, environments),
  ];
}

function notWritable(files: Files, why: string): LoaderProblem {
  return {
    key: notWritableKey,
    blocksTrial: true,
    message: `GRUB cannot count starts in ${textOrBytes(files.root)}: ${why}`,
    advice:
      'Keep the directory on a plain partition with ext4 or FAT, mounted writable, such as /boot or the EFI system partition',
  };
}

function environmentProblems(environments: readonly Environment[]): LoaderProblem[] {
  const newest = newestOf(environments);
  const problems = environments
    .filter(({ content }) => content === null)
    .map(({ name, isThere }) => ({
      key: isThere ? 'environment-damaged' : 'environment-missing',
      blocksTrial: newest === null,
      message: `GRUB's environment ${environmentPath(name).slice(1)} is ${isThere ? 'damaged' : 'missing'}${newest === null ? '' : ', and the other one is all there is'}`,
      advice: setAnew,
    }));
  const older = environments.find((one) => one.content !== null && one !== newest)?.content;
  if (older === undefined || older === null || newest === null) return problems;
  const { good, trial } = newest.content.state;
  // GRUB itself changes neither: it counts, and clears requests, in the newer one.
  if (older.state.good === good && (older.state.trial?.version ?? null) === (trial?.version ?? null)) return problems;
  const message = `GRUB's environments differ: were env.${newest.name} lost, ${older.state.good ?? 'nothing'} would be the good version`;
  const differ = {
    key: 'environments-differ',
    blocksTrial: false,
    isHalfWritten: true,
    message,
    advice: setAnew,
  } as const;
  return [...problems, differ];
}

function commitProblems(files: Files, environments: readonly Environment[]): LoaderProblem[] {
  const state = newestOf(environments)?.content.state;
  if (state === undefined || !isHalfCommitted(files, state)) return [];
  const message = `GRUB's menu has ${state.trial?.version} as the good version, and its environments have it on trial still`;
  return [{ key: 'commit-cut-off', blocksTrial: false, isHalfWritten: true, message, advice: setAnew }];
}

function menuProblems(files: Files, environments: readonly Environment[]): LoaderProblem[] {
  if (files.status(`/${menuName}`)?.type !== 'file') {
    const message = `GRUB's menu ${menuName} is missing`;
    return [{ key: 'menu-missing', blocksTrial: true, message, advice: setAnew }];
  }
  const good = newestOf(environments)?.content.state.good ?? null;
  if (good === null || versionsIn(files.read(`/${menuName}`)).includes(good)) return [];
  const message = `GRUB's menu lacks ${good}, which is the good version`;
  return [{ key: 'menu-lacks-good', blocksTrial: true, message, advice: setAnew }];
}

/** Where a distribution keeps grub.cfg, below /boot or at the top of a filesystem for it, and on an EFI system partition. */
const configurationDirectories = ['', '/boot'].flatMap((top) => [`${top}/grub`, `${top}/grub2`]);

/** Without our script, what GRUB reads counts nothing: a version that never comes up would be started for ever (case 105). */
function configurationProblems(place: LoaderPlace, system: System, files: Files): LoaderProblem[] {
  const configurations = [...configurationsOnFilesystem(system, files), ...configurationsOfMachine(system)];
  if (configurations.some((text) => readsMenu(text, place.path))) return [];
  // A GRUB that starts nothing else reads our own one.
  if (configurations.length === 0 && files.status(configurationPath) !== null) return [];
  return [
    {
      key: 'fragment-missing',
      blocksTrial: true,
      message: `No grub.cfg of this machine reads the ${menuName} in ${place.path} of its filesystem: GRUB would not count`,
      advice:
        'Put 42_migrate into /etc/grub.d and run update-grub; /etc/default/grub says MIGRATE_LOADER=DIRECTORY where that is no usual one',
    },
  ];
}

function configurationsOnFilesystem(system: System, files: Files): ByteString[] {
  return withDirectory(system, mountOf(system, files).directory, (top) => {
    const vendors = top.status('/EFI')?.type === 'directory' ? top.list('/EFI').map((name) => `/EFI/${name}`) : [];
    return [...configurationDirectories, ...vendors]
      .map((directory) => `${directory}/grub.cfg`)
      .filter((path) => top.status(path)?.type === 'file')
      .map((path) => top.read(path));
  });
}

function configurationsOfMachine(system: System): ByteString[] {
  const paths = ['/boot/grub/grub.cfg', '/boot/grub2/grub.cfg'];
  return paths.filter((path) => system.exists(path)).map((path) => system.readFile(path));
}

function spaceProblems(system: System, files: Files): LoaderProblem[] {
  const space = files.space();
  const { inodes } = space;
  const bytes = Math.max(0, space.bytes - (mountOf(system, files).filesystem === 'ext4' ? keptByExt4 : 0));
  const isBelow = (limit: Room): boolean => bytes < limit.bytes || (inodes !== null && inodes < limit.inodes);
  if (!isBelow(little)) return [];
  const free = `${Math.floor(bytes / 2 ** 20)} MiB${inodes === null ? '' : ` and ${inodes} files`}`;
  return [
    {
      key: 'filesystem-nearly-full',
      blocksTrial: isBelow(tooLittle),
      message: `The filesystem that GRUB reads has room for ${free} only`,
      advice: 'Remove versions with migrate prune, or kernels that are of no version',
    },
  ];
}

/** By what GRUB told this machine: it names the kernel that it loaded (`BOOT_IMAGE=(hd0,gpt2)/migrate/…`), our menu says more. */
function startProblems({ path }: LoaderPlace, system: System, environments: readonly Environment[]): LoaderProblem[] {
  const commandLine = parseKernelCommandLine(textOrBytes(system.readFile('/proc/cmdline')));
  const image = (commandLine.value('BOOT_IMAGE') ?? '').replace(/^\([^)]*\)/, '');
  const environment = commandLine.value('migrate.env');
  const versions = `${childOf(path, 'versions')}/`;
  if (image.startsWith(versions) && (environment === null || commandLine.value('migrate.why') === null)) {
    return [
      {
        key: 'start-not-counted',
        blocksTrial: true,
        message: 'GRUB has started this machine by an entry that counts nothing: its command line has no migrate.why=',
        advice: 'Remove entries of your own that name kernels of versions, and restart by the menu of migrate',
      },
    ];
  }
  return environment === null || !image.startsWith(versions) ? [] : environmentUsed(environment, environments);
}

/** GRUB's word of which environment it read, against what is there now: only its own, or a newer one of ours (case 103). */
function environmentUsed(used: string, environments: readonly Environment[]): LoaderProblem[] {
  const generation = Number(/^[ab]:([0-9]+)$/.exec(used)?.[1] ?? 0);
  const newest = newestOf(environments)?.content.generation ?? 0;
  if (used !== 'none' && newest >= generation) return [];
  if (used === 'none' && newest > 0) {
    const message = 'GRUB read no environment when it started this machine, although there is one now';
    return [{ key: 'environment-unread', blocksTrial: false, message, advice: 'Restart the machine' }];
  }
  const message = `GRUB read the environment ${used} when it started this machine, and the one here is older: it reads another directory`;
  return [
    { key: 'environment-elsewhere', blocksTrial: true, message, advice: 'Tell migrate which directory GRUB reads' },
  ];
}
