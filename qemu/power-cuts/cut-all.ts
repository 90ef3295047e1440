import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sideBySide } from '../../.tools/side-by-side.ts';
import { seededRandom } from '../../test/merge/text/random.ts';
import { command } from '../command.ts';
import type { Emulator } from '../emulator.ts';
import { progress } from '../progress.ts';
import { cutImages } from './cut-images.ts';
import { type Cut, drawCuts } from './draw-cuts.ts';
import { oraclesOf } from './oracles.ts';
import { type Phase, phaseNames } from './phases.ts';
import type { Recording } from './recording.ts';
import { type Settings, startAfterCut, type Verdict } from './start-after-cut.ts';
import { lineOf, tableOf } from './table.ts';

/** How many cuts, and where. */
export type CutOptions = {
  readonly cuts: number;
  /** The phases that they fall into; else all. */
  readonly within?: readonly Phase[];
  /** Whether each is when a phase begins, with all lost that was not flushed; else anywhere. */
  readonly atBegin?: boolean;
  /** What they are drawn from; else the clock. */
  readonly seed?: number;
  /** How many machines are on at once; else one. */
  readonly atOnce?: number;
};

/** A recorded machine, and a directory with an empty one named `disks` in it. */
type Recorded = { readonly emulator: Emulator; readonly recording: Recording; readonly directory: string };

/**
 * Cuts the power of a recorded machine, and switches it on again after each cut. What came is printed, and kept in
 * `power-cuts.txt` and, with everything that is known, `power-cuts.json` of the directory.
 */
export async function cutAll(options: CutOptions, recorded: Recorded): Promise<readonly Verdict[]> {
  const { cuts: count, seed = Date.now() % 1_000_000, atOnce = 1, within = phaseNames, atBegin = false } = options;
  const { emulator, recording, directory } = recorded;
  progress(`power cuts: ${count} with seed ${seed}, of ${recording.entries.length} entries`);
  const disks = join(directory, 'disks');
  const cuts = drawCuts(recording, { count, within, atBegin }, seededRandom(seed));
  const images = await cutImages(recording, join(disks, 'cut.img'));
  // They are read while the first machines start.
  const oracles = oraclesOf(recording);
  const verdicts: Verdict[] = [];
  const inOrder = cuts.toSorted((one, other) => one.durable - other.durable);
  const played = sideBySide(inOrder, atOnce, async (cut) => {
    const image = join(disks, `cut-${cut.number}.img`);
    await images.write(cut, image);
    const serialLog = join(directory, `cut-${cut.number}.serial.log`);
    const verdict = await verdictOf(cut, image, { recording, oracles, emulator, serialLog });
    verdicts.push(verdict);
    await writeVerdicts(directory, { seed, recording, verdicts });
    progress(`${verdicts.length} of ${count}: ${lineOf(verdict)}`);
  });
  await Promise.all([oracles, played]);
  await images.end();
  return verdicts;
}

/** A second time from the start where the guest's kernel broke. The image stays where something is wrong. */
async function verdictOf(cut: Cut, image: string, settings: Omit<Settings, 'disk'>): Promise<Verdict> {
  const disk = `${image}.running`;
  const start = async (): Promise<Verdict> => {
    await command('cp', ['--reflink=auto', '--sparse=always', image, disk]);
    return await startAfterCut(cut, { ...settings, disk });
  };
  const first = await start();
  const verdict = first.kernelBroke ? await start() : first;
  await rm(disk);
  if (verdict.failures.length === 0) await rm(image);
  return verdict;
}

/** After each, so that what is known stays where a run is ended. */
async function writeVerdicts(
  directory: string,
  known: { readonly seed: number; readonly recording: Recording; readonly verdicts: readonly Verdict[] },
): Promise<void> {
  const { seed, recording, verdicts } = known;
  const sorted = verdicts.toSorted((one, other) => one.cut.at - other.cut.at);
  const { entries, bounds, newVersion } = recording;
  const cuts = sorted.map(({ cut: { kept, ...cut }, ...verdict }) => ({ ...cut, kept: kept.length, ...verdict }));
  const document = { seed, entries: entries.length, bounds, newVersion, cuts };
  await writeFile(join(directory, 'power-cuts.json'), `${JSON.stringify(document, null, 2)}\n`);
  await writeFile(join(directory, 'power-cuts.txt'), `Seed ${seed}\n${tableOf(sorted)}`);
}
