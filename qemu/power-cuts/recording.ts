import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Logged, readWriteLog } from '../../test/crash/write-log.ts';
import { InfrastructureFailure, kernelBroke } from '../boot.ts';
import { command } from '../command.ts';
import type { Emulator } from '../emulator.ts';
import { type Machine, startMachine } from '../machine.ts';
import { progress } from '../progress.ts';
import { readReport, writeQuestions } from '../question.ts';
import { withTop } from '../store-machine.ts';
import { phases } from './phases.ts';

/** A machine that was updated with the power on all the while, and everything its disk was told. */
export type Recording = {
  /** The disk as it was before. */
  readonly start: string;
  /** The disk as it was in the end. */
  readonly end: string;
  readonly log: string;
  readonly entries: readonly Logged[];
  /** How many entries there were when each phase began, and in the end. */
  readonly bounds: readonly number[];
  /** The version that it was updated to. */
  readonly newVersion: string;
};

/** Stages, and starts again, as an operator would; what runs after that is waited for until it is good. */
const update = `
. /etc/os-release
if [ "$VERSION_CODENAME" = bookworm ]; then
  ${withTop}
  echo 'cuts: staging' > /dev/console
  migrate stage /mnt/@images/new --name trixie > /run/staged 2>&1
  echo 'cuts: staged' > /dev/console
  # Until it has been seen: what is told to start again writes everything to the disk first.
  sleep 3
  umount /mnt
  systemctl reboot
  sleep infinity
fi
systemctl start migrate-good.service
echo 'cuts: good' > /dev/console
migrate status | head -n 1
`;

const limitSeconds = 900;

/** Runs the machine from `migrate stage` to good; `disk` is changed. Throws where it does not come to be good. */
export async function record(disk: string, directory: string, emulator: Emulator): Promise<Recording> {
  const file = (name: string): string => join(directory, name);
  const [start, log, questions, reportFile] = [file('start.img'), file('log'), file('questions'), file('answers')];
  await command('cp', ['--reflink=auto', '--sparse=always', disk, start]);
  await writeFile(log, '');
  await writeQuestions(questions, [update]);
  const serialLog = join(directory, '..', 'recording.serial.log');
  const disks = [
    { name: 'disk', file: disk, log },
    { name: 'questions', file: questions },
  ];
  const machine = await startMachine({ emulator, disks, restarts: true, serialLog, reportFile });
  const sizes = await sizesAtPhases(machine, log);
  if (sizes.length < phases.length) machine.cutPower();
  await machine.off(limitSeconds);
  if (kernelBroke.test(machine.console)) throw new InfrastructureFailure(`the guest's kernel broke: see ${serialLog}`);
  const answer = readReport(await readFile(reportFile, 'latin1'), [update])?.get(update)?.output ?? '';
  const newVersion = /^Running +(trixie\.\d+), good since /.exec(answer)?.[1];
  if (sizes.length < phases.length || newVersion === undefined)
    throw new Error(`the machine whose update is recorded did not come to be good: see ${serialLog}\n${answer}`);
  const entries = readWriteLog(log);
  return { start, end: disk, log, entries, bounds: boundsAt(entries, sizes), newVersion };
}

/** How long the log was when each phase began; fewer where one did not. */
async function sizesAtPhases(machine: Machine, log: string): Promise<readonly number[]> {
  const sizes: number[] = [];
  for (const { name, begins } of phases) {
    if (!(await machine.shows(begins, limitSeconds))) return sizes;
    sizes.push((await stat(log)).size);
    progress(`recording: ${name}`);
  }
  return sizes;
}

/** How many entries a log of each of these lengths has, and how many there are. */
function boundsAt(entries: readonly Logged[], sizes: readonly number[]): readonly number[] {
  const ends = entries.map(({ dataAt, length }) => (dataAt ?? 0) + length);
  return [...sizes.map((size) => ends.findLastIndex((end) => end <= size) + 1), entries.length];
}
