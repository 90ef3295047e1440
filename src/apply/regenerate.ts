import { displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import type { Commands } from '../system/commands.ts';
import type { Files } from '../system/files.ts';
import { type DeliveredSettings, type Digest, saysTheSame } from './delivered-settings.ts';
import { type Regeneration, regenerations } from './regenerations.ts';

/** What programs of the result have made of what was carried. */
export type Derived = {
  /** A note for each program that failed. */
  readonly notes: readonly string[];
  /** Where they have made files that no plan names: to be labelled. */
  readonly places: readonly RootPath[];
  /** Whether a program had the last word on what an action planned. */
  readonly remade: (action: Action) => boolean;
};

/** What making anew takes. */
export type Regenerating = {
  readonly result: Files;
  readonly delivered: DeliveredSettings;
  readonly commands: Commands;
  readonly digest: Digest;
};

/**
 * Has the result's own programs make anew what they derive from carried files, each run by chroot. One that is told no more
 * than the image's own settings told it has done its work already; one that is not in the result is passed over; one that
 * fails leaves what is there, with a note: never is a boot worth less than a cache (case 57). Safe to repeat.
 */
export function regenerate(plan: Plan, regenerating: Regenerating): Derived {
  const { result, commands } = regenerating;
  const changes = plan.actions.filter(({ kind }) => kind !== 'attributes');
  const notes: string[] = [];
  const done: Regeneration[] = [];
  for (const regeneration of regenerations) {
    const program = isStale(changes, regeneration, regenerating) ? find(result, regeneration.program) : null;
    if (program === null) continue;
    done.push(regeneration);
    notes.push(...run(result, commands, [program, ...regeneration.args]), ...linkedOver(changes, regeneration, result));
  }
  const places = done.flatMap((regeneration) => regeneration.places.filter((path) => result.status(path) !== null));
  const remade = (action: Action): boolean => done.some((regeneration) => isRewritten(action, regeneration, result));
  return { notes, places, remade };
}

function isStale(changes: readonly Action[], regeneration: Regeneration, regenerating: Regenerating): boolean {
  const { sources, makes } = regeneration;
  const read = changes.filter(({ path }) => sources.test(path));
  if (read.length === 0 || changes.some(({ path }) => makes?.test(path) === true)) return false;
  return read.some((action) => !saysTheSame(action, regeneration, regenerating));
}

/** What a program began and did not finish is its own too. */
function isRewritten(action: Action, regeneration: Regeneration, result: Files): boolean {
  const { kind, path } = action;
  if (regeneration.rewrites?.test(path) === true) return true;
  const isLink = kind === 'symlink' || kind === 'remove';
  return (isLink && regeneration.relinks?.test(path) === true) || isLinkedOver(action, regeneration, result);
}

/** Whether the program put a link of its own in the place of a carried file, as it would have on the machine. */
function isLinkedOver({ kind, path }: Action, { relinks }: Regeneration, result: Files): boolean {
  return kind === 'file' && relinks?.test(path) === true && result.status(path)?.type === 'symlink';
}

function linkedOver(changes: readonly Action[], regeneration: Regeneration, result: Files): string[] {
  const replaced = changes.filter((action) => isLinkedOver(action, regeneration, result));
  return replaced.map(
    ({ path }) => `${regeneration.program} put a link of its own in the place of ${displayBytes(path)}`,
  );
}

const directories = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'];

function find(result: Files, name: string): RootPath | null {
  const paths = directories.map((directory) => `${directory}/${name}`);
  return paths.find((path) => result.status(path) !== null) ?? null;
}

/**
 * By chroot, with a /proc that ends with the program: systemd-hwdb cannot replace a file without one, and
 * update-crypto-policies looks there for FIPS mode. Where `unshare` is missing the others still work.
 */
function inResult(result: Files, commands: Commands, command: readonly string[]): [string, ...string[]] {
  const root = textOrBytes(result.root);
  const enter = ['chroot', root, ...command] as const;
  const hasMountPoint = result.status('/proc')?.type === 'directory';
  return hasMountPoint && commands.has('unshare') ? ['unshare', `--mount-proc=${root}/proc`, ...enter] : [...enter];
}

/** Of ours a program must not hear: a TMPDIR, say, that is not in the result. */
const environment = { PATH: directories.join(':'), LC_ALL: 'C.UTF-8' };

function run(result: Files, commands: Commands, command: readonly string[]): string[] {
  try {
    const [program, ...args] = inResult(result, commands, command);
    withNullDevice(result, () => commands.run(program, args, { environment }));
    return [];
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return [`${command[0]} could not make anew what it derives from carried files: ${error.message}`];
  }
}

const nullDevice: RootPath = '/dev/null';

/** Scripts send to it what nobody shall read; an image as delivered may have nothing in /dev. */
function withNullDevice(result: Files, use: () => void): void {
  const directory = result.status('/dev');
  if (directory?.type !== 'directory' || result.status(nullDevice) !== null) {
    use();
    return;
  }
  result.makeNode(nullDevice, 'character', { major: 1, minor: 3 });
  try {
    result.setMode(nullDevice, 0o666);
    use();
  } finally {
    result.unlink(nullDevice);
    result.setModified('/dev', directory.mtime);
  }
}
