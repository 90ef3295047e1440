import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { command } from './command.ts';
import type { BootResult } from './expect.ts';
import type { Material, ReadyEntry } from './gather.ts';
import { type Disk, type Hardware, type Machine, startMachine } from './machine.ts';
import { readReport, standardQuestions, writeQuestions } from './question.ts';
import type { Boot, Step } from './scenario.ts';

// A boot takes 20 to 60 s; several times that where the machine is shared.
const defaultLimitSeconds = 300;
const defaultWaitSeconds = 200;

/** What a kernel says that broke; under emulation it is the emulator more often than the kernel. */
export const kernelBroke: RegExp = /Oops:|Kernel panic|BUG:|RIP: 0010/;

/** The machine or the emulator broke, not a promise of the product: worth a second try. */
export class InfrastructureFailure extends Error {
  override readonly name = 'InfrastructureFailure';
}

/** A boot and where its logs go; `grubDisk` is set where the firmware starts the machine. */
export type BootSettings = {
  readonly boot: Boot;
  readonly number: number;
  readonly material: Pick<Material, 'emulator'>;
  readonly entry: ReadyEntry;
  readonly disks: readonly Disk[];
  readonly grubDisk: Disk | null;
  /** What else the machine is made of. */
  readonly hardware?: Pick<Hardware, 'firmware' | 'watchdog' | 'network'>;
  readonly directory: string;
};

/** Switches the machine on, follows the boot's steps until it is off, and keeps console and report beside the disks. */
export async function playBoot(settings: BootSettings): Promise<BootResult> {
  const { boot, directory, number } = settings;
  const questions = [...new Set([...standardQuestions, ...Object.keys(boot.report ?? {})])];
  const questionFile = join(directory, 'disks', `boot-${number}.questions`);
  const reportFile = join(directory, 'disks', `boot-${number}.answers`);
  await writeQuestions(questionFile, questions);
  const machine = await startMachine({
    ...settings.hardware,
    emulator: settings.material.emulator,
    disks: [
      ...(settings.grubDisk === null ? [] : [settings.grubDisk]),
      ...settings.disks,
      { name: 'questions', file: questionFile },
    ],
    ...(settings.grubDisk === null ? { kernel: await directKernel(settings) } : {}),
    restarts: settings.grubDisk !== null,
    serialLog: join(directory, `boot-${number}.serial.log`),
    reportFile,
  });
  const missedStep = await playSteps(machine, boot.steps ?? []);
  if (missedStep !== null) machine.cutPower();
  const offInTime = await machine.off(boot.limitSeconds ?? defaultLimitSeconds);
  const report = readReport(await readFile(reportFile, 'latin1'), questions);
  if (report !== null) {
    await writeFile(
      join(directory, `boot-${number}.report.json`),
      `${JSON.stringify(Object.fromEntries(report), null, 2)}\n`,
    );
  }
  if (boot.panics !== true && kernelBroke.test(machine.console)) {
    throw new InfrastructureFailure(`the guest's kernel broke: ${lineWith(machine.console, kernelBroke)}`);
  }
  return { missedStep, offInTime, console: machine.console, report };
}

/** The entry of a name; a scenario that names another is wrong. */
export function entryOf(material: Material, name: string): ReadyEntry {
  const entry = material.entries.get(name);
  if (entry === undefined) throw new Error(`the scenario has no entry "${name}"`);
  return entry;
}

async function directKernel({ entry, directory, number }: BootSettings) {
  const initrd = join(directory, 'disks', `boot-${number}.initrd`);
  await command('sh', ['-c', 'output=$1; shift; cat "$@" > "$output"', 'sh', initrd, ...entry.initrds]);
  return { file: entry.kernel, initrd, cmdline: entry.cmdline };
}

async function playSteps(machine: Machine, steps: readonly Step[]): Promise<string | null> {
  for (const step of steps) {
    const missed = await playStep(machine, step);
    if (missed !== null) return missed;
  }
  return null;
}

/** Gives what the step waited for in vain. */
async function playStep(machine: Machine, step: Step): Promise<string | null> {
  if (step === 'cut-power') machine.cutPower();
  else if ('pause' in step) await sleep(step.pause * 1000);
  else if ('until' in step) {
    if (!(await typeUntil(machine, step))) return `the console did not show ${step.until} whatever was typed`;
  } else if ('type' in step) machine.type(step.type);
  else {
    const seconds = step.seconds ?? defaultWaitSeconds;
    if (!(await machine.shows(step.wait, seconds))) return `the console did not show ${step.wait} within ${seconds} s`;
  }
  return null;
}

async function typeUntil(
  machine: Machine,
  { type, until }: { readonly type: string; readonly until: RegExp },
): Promise<boolean> {
  const secondsBetween = 10;
  for (let waited = 0; waited < defaultWaitSeconds; waited += secondsBetween) {
    machine.type(type);
    if (await machine.shows(until, secondsBetween)) return true;
  }
  return false;
}

function lineWith(text: string, pattern: RegExp): string {
  return (
    text
      .split('\n')
      .find((line) => pattern.test(line))
      ?.trim() ?? ''
  );
}
