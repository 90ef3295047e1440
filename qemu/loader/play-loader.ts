import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Emulator, findEmulator } from '../emulator.ts';
import { type Machine, startMachine } from '../machine.ts';
import { linuxFiles } from './linux-files.ts';
import type { Act, LoaderMachine, LoaderStarts, Start } from './loader-starts.ts';
import { changeDirectory, withLoaderOf, writeMachineDisk } from './machine-disk.ts';
import { readStarts } from './read-starts.ts';
import { echoFiles, type VersionFiles } from './version-files.ts';

const limitSeconds = 120;
const finished = /FINISHED/;
/** GRUB waits ten seconds after it has shown an error; a key ends that. */
const waiting = /Press any key to continue/;
const menuShown = /executed automatically/;

/** What the machines are made of, built and in the cache. */
export type LoaderMaterial = { readonly emulator: Emulator; readonly files: VersionFiles };

export async function gatherLoader({ firmware }: LoaderStarts): Promise<LoaderMaterial> {
  const [emulator, files] = await Promise.all([findEmulator(), firmware === 'bios' ? echoFiles() : linuxFiles()]);
  return { emulator, files };
}

/** Plays one machine after the other; what is wrong, one text each. */
export async function playLoader(
  request: LoaderStarts,
  material: LoaderMaterial,
  directory: string,
): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const [index, machine] of request.machines.entries()) {
    const disk = join(directory, 'disks', `machine-${index + 1}.img`);
    await writeMachineDisk(disk, machine, { request, files: material.files });
    const played = { request, material, machine, disk, log: join(directory, `machine-${index + 1}`) };
    const found = await playActs(played);
    failures.push(...found.map((failure) => `machine ${index + 1} (${machine.shows}): ${failure}`));
  }
  return failures;
}

type Played = {
  readonly request: LoaderStarts;
  readonly material: LoaderMaterial;
  readonly machine: LoaderMachine;
  readonly disk: string;
  readonly log: string;
};

/** Ends with the first act that goes wrong: the others rest on it. */
async function playActs(played: Played): Promise<readonly string[]> {
  for (const [index, act] of played.machine.acts.entries()) {
    const failure = await playAct(played, act, index + 1);
    if (failure !== null) return [`act ${index + 1}: ${failure}`];
  }
  return [];
}

async function playAct(played: Played, act: Act, number: number): Promise<string | null> {
  if ('starts' in act) return await powerOn(played, number, (running) => playStarts(running, act.starts));
  if ('cutAt' in act) {
    return await powerOn(played, number, async (running) =>
      (await running.shows(act.cutAt, limitSeconds)) ? null : `the console did not show ${act.cutAt}`,
    );
  }
  return playOnDisk(played, act);
}

/** What is done while the power is off. */
function playOnDisk(
  played: Played,
  act: Exclude<Act, { readonly starts: unknown } | { readonly cutAt: unknown }>,
): string | null {
  const { machine, disk } = played;
  if ('menu' in act) withLoaderOf(disk, played, (loader) => loader.writeMenu(act.menu));
  else if ('write' in act) withLoaderOf(disk, played, (loader) => loader.write(act.write));
  else if ('reads' in act) {
    const state = withLoaderOf(disk, played, (loader) => loader.read());
    if (!isDeepStrictEqual(state, act.reads)) return `the loader reads ${JSON.stringify(state)}`;
  } else changeDirectory(disk, machine, act.sh);
  return null;
}

async function powerOn(
  { request, material, machine, disk, log }: Played,
  number: number,
  use: (running: Machine) => Promise<string | null>,
): Promise<string | null> {
  const running = await startMachine({
    emulator: material.emulator,
    firmware: request.firmware,
    disks: [{ name: 'disk', file: disk, ...(machine.readOnlyDisk === true ? { readOnly: true } : {}) }],
    restarts: true,
    serialLog: `${log}.act-${number}.serial.log`,
    reportFile: `${disk}.report`,
  });
  try {
    return await use(running);
  } finally {
    running.cutPower();
    await running.off(limitSeconds);
  }
}

async function playStarts(running: Machine, starts: readonly Start[]): Promise<string | null> {
  for (const start of starts) {
    if (typeof start !== 'string') {
      if (!(await running.shows(menuShown, limitSeconds))) return 'the menu did not come';
      running.type(start.keys);
    }
    if (!(await untilFinished(running))) return 'no kernel said how it was started';
  }
  const seen = readStarts(running.console);
  const wanted = starts.map((start) => (typeof start === 'string' ? start : start.gives));
  return isDeepStrictEqual(seen, wanted) ? null : `started ${seen.join(', ')}\n    instead of ${wanted.join(', ')}`;
}

async function untilFinished(running: Machine): Promise<boolean> {
  const either = new RegExp(`${finished.source}|${waiting.source}`);
  for (let stop = 0; stop < 10; stop += 1) {
    if (!(await running.shows(either, limitSeconds))) return false;
    if (finished.test(running.lastShown)) return true;
    running.type(' ');
  }
  return false;
}
