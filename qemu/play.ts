import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type BootSettings, entryOf, InfrastructureFailure, playBoot } from './boot.ts';
import { CommandError } from './command.ts';
import { bootFailures, reportFailures } from './expect.ts';
import { gather, type Material, type ReadyEntry } from './gather.ts';
import { setNextEntry, writeGrubDisk } from './grub-disk.ts';
import { type GuestTests, gatherGuest, runTestsInGuest } from './guest-tests.ts';
import type { LoaderStarts } from './loader/loader-starts.ts';
import { gatherLoader, playLoader } from './loader/play-loader.ts';
import { locked } from './locked.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { isOfStore, storeEntry } from './next-entry.ts';
import { gatherCuts, type PowerCuts, playPowerCuts } from './power-cuts/play-power-cuts.ts';
import { isOfLoader, startOf } from './power-on.ts';
import { prepareDisks } from './prepare-disks.ts';
import { project } from './product.ts';
import { progress } from './progress.ts';
import type { Boot, Expectations, Scenario } from './scenario.ts';

/** How a scenario ended; `failures` is empty where it kept its promise. */
export type Outcome = {
  readonly name: string;
  readonly seconds: number;
  readonly directory: string;
  readonly failures: readonly string[];
};

/** What `qemu/run` plays. */
export type AnyScenario = Scenario | GuestTests | LoaderStarts | PowerCuts;

/** Plays a scenario from its disks to its last assertion; once more where the guest's kernel broke. */
export async function play(scenario: AnyScenario, { keep }: { readonly keep: boolean }): Promise<Outcome> {
  const { name } = scenario;
  const attempt = await attemptOf(scenario);
  const directory = join(project, '.test-results', 'qemu', name);
  return locked(`${directory}.lock`, async () => {
    const start = performance.now();
    const failures = await attemptTwice(name, async () => {
      await rm(directory, { recursive: true, force: true });
      await mkdir(join(directory, 'disks'), { recursive: true });
      return attempt(directory);
    });
    if (!keep) await rm(join(directory, 'disks'), { recursive: true });
    return { name, seconds: (performance.now() - start) / 1000, directory, failures };
  });
}

/** Builds all images, initramfs and disks that a scenario needs. */
export async function prepare(scenario: AnyScenario): Promise<void> {
  await attemptOf(scenario);
}

/** Builds what a scenario needs, and gives what plays it in an empty directory. */
async function attemptOf(scenario: AnyScenario): Promise<Attempt> {
  if ('tests' in scenario) {
    const guest = await gatherGuest(scenario);
    return (directory) => runTestsInGuest(scenario, guest, directory);
  }
  if ('machines' in scenario) {
    const loader = await gatherLoader(scenario);
    return (directory) => playLoader(scenario, loader, directory);
  }
  if ('cuts' in scenario) {
    const machine = await gatherCuts(scenario);
    return (directory) => playPowerCuts(scenario, machine, directory);
  }
  const material = await gather(scenario);
  return (directory) => playBoots(scenario, material, directory);
}

type Attempt = (directory: string) => Promise<readonly string[]>;

async function attemptTwice(name: string, attempt: () => Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof InfrastructureFailure)) throw error;
    progress(`${name}: ${error.message}; once more`);
  }
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof InfrastructureFailure)) throw error;
    return [`infrastructure failure, twice: ${error.message}`];
  }
}

async function playBoots(scenario: Scenario, material: Material, directory: string): Promise<readonly string[]> {
  const diskDirectory = join(directory, 'disks');
  const prepared = await prepareDisks(scenario, material, diskDirectory);
  const disks = prepared.filter((disk) => !isOfLoader(disk));
  const ofLoader =
    scenario.loader === 'grub' ? [await makeGrubDisk(material, diskDirectory)] : prepared.filter(isOfLoader);
  const failures: string[] = [];
  for (const [index, boot] of scenario.boots.entries()) {
    const number = index + 1;
    const start = startOf(scenario, boot, { ofLoader, disks });
    if (scenario.loader === 'grub' && start.grubDisk !== null && boot.entry !== 'old')
      await setNextEntry(start.grubDisk.file, boot.entry);
    const entry = await entryFor(boot, { material, disks, directory: diskDirectory, number });
    const result = await playBoot({ boot, number, material, entry, directory, ...start });
    const found = [...bootFailures(boot, result), ...(await diskFailures(boot.disks ?? {}, disks))];
    failures.push(...found.map((failure) => `boot ${number} (${boot.entry}): ${failure}`));
    if (failures.length > 0) break;
  }
  if (scenario.mustFail !== true) return failures;
  return failures.length > 0 ? [] : ['nothing failed, but this scenario is there to fail'];
}

/** What starts the boot, where QEMU loads it; with a loader the menu has it. */
async function entryFor(
  boot: Boot,
  {
    material,
    disks,
    directory,
    number,
  }: { readonly material: Material } & Pick<BootSettings, 'disks' | 'directory' | 'number'>,
): Promise<ReadyEntry> {
  const [disk] = disks;
  const { entry, words = [] } = boot;
  if (entry === 'loader') return { kernel: '', initrds: [], cmdline: '' };
  if (!isOfStore(boot) || disk === undefined) return entryOf(material, entry);
  const ready = await storeEntry(disk, directory, { entry, number });
  return { ...ready, cmdline: [ready.cmdline, ...words].join(' ') };
}

async function makeGrubDisk(material: Material, directory: string): Promise<Disk> {
  entryOf(material, 'old');
  const file = join(directory, 'grub.img');
  await writeGrubDisk(
    file,
    [...material.entries].map(([id, entry]) => ({ id, ...entry })),
  );
  return { name: 'grub', file };
}

async function diskFailures(expectations: Expectations, disks: readonly Disk[]): Promise<readonly string[]> {
  const mounts = disks.map((disk) => ({ name: disk.name, disk: disk.file, options: 'ro' }));
  const outputs = new Map<string, { readonly output: string }>();
  for (const command of Object.keys(expectations)) {
    outputs.set(command, { output: await outputOf(command, mounts) });
  }
  return reportFailures(expectations, outputs).map((failure) => `on the disks: ${failure}`);
}

async function outputOf(script: string, mounts: Parameters<typeof inMounted>[0]): Promise<string> {
  try {
    return (await inMounted(mounts, script)).stdout;
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
}
