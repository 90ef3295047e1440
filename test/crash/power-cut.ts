import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Sandbox, timeless } from '../apply/sandbox.ts';
import type { Random } from '../merge/text/random.ts';
import { describeDifferences } from '../property/describe-differences.ts';
import type { TreeNode } from '../property/tree-node.ts';
import { timesBelow } from '../property/untouched.ts';
import { withImage } from './logged-disk.ts';
import type { Recording } from './recording.ts';
import { type Logged, replay } from './write-log.ts';

/** A moment at which the power goes: so many entries are on the disk, and of the writes since the last flush some. */
export type Cut = { readonly entries: readonly Logged[]; readonly after: number; readonly name: string };

/** What was found after a cut. */
export type Found = {
  readonly state: string;
  readonly problems: readonly string[];
  /** Whether something is in the new root that the run worked with, or something is not yet as it will be. */
  readonly unfinished: boolean;
};

/** The number of entries up to and with each flush. */
export function flushesIn({ entries }: Pick<Recording, 'entries'>): number[] {
  return entries.flatMap(({ flush }, index) => (flush ? [index + 1] : []));
}

/** Each of these prefixes of the log, and after it another with some of the writes that follow, up to the next flush. */
export function cutsAt({ entries }: Pick<Recording, 'entries'>, points: readonly number[], random: Random): Cut[] {
  return points.flatMap((after) => {
    const next = entries.findIndex(({ flush }, index) => index >= after && flush);
    const cached = entries.slice(after, next === -1 ? entries.length : next);
    const torn = cached.filter(() => random.chance(0.5));
    const clean = { entries: [], after, name: `after ${after} of ${entries.length} entries` };
    if (torn.length === 0) return [clean];
    return [clean, { entries: torn, after, name: `${clean.name} and ${torn.length} of the next ${cached.length}` }];
  });
}

/**
 * Mounts the disk as each cut has left it, looks what is there, and migrates again. Says what is not as promised: a result
 * that is recorded as committed is whole, the old root is untouched, and the next run ends in the result of the first.
 */
export async function findAfter(recording: Recording, cuts: readonly Cut[]): Promise<Found[]> {
  const directory = dirname(recording.start);
  const [current, image] = [join(directory, 'current'), join(directory, 'cut')];
  copySparse(recording.start, current);
  const found: Found[] = [];
  let done = 0;
  for (const cut of cuts) {
    replay(recording.entries.slice(done, cut.after), recording.log, current);
    done = cut.after;
    rmSync(image, { force: true });
    copySparse(current, image);
    replay(cut.entries, recording.log, image);
    found.push(await examine(recording, image, cut.name));
  }
  return found;
}

async function examine(recording: Recording, image: string, name: string): Promise<Found> {
  try {
    const found = await withImage(image, recording.mountpoint, () => lookAround(recording));
    return { ...found, problems: found.problems.map((problem) => `${name}, ${found.state}: ${problem}`) };
  } catch (error) {
    return { state: 'broken', problems: [`${name}: ${String(error)}`], unfinished: true };
  }
}

function lookAround({ mountpoint, trees, expected, old }: Recording): Found {
  const sandbox = new Sandbox(mountpoint, trees);
  const state = sandbox.state();
  const unfinished = describeDifferences(sandbox.read(), expected, new Set()).length > 0;
  const asBooted = state === 'committed' ? describeDifferences(withoutTraces(sandbox.read()), expected, timeless) : [];
  const { status } = sandbox.apply();
  const wanted = state === 'committed' ? 'already-done' : 'done';
  const ignored = state === 'begun' ? timeless : timeless.difference(new Set(['/']));
  const problems = [
    ...asBooted.map((line) => `as committed: ${line}`),
    ...(status === wanted ? [] : [`the next run is ${status}`]),
    ...describeDifferences(sandbox.read(), expected, ignored),
  ];
  const untouched = timesBelow(Buffer.from(sandbox.oursDirectory)).join('\n') === old.join('\n');
  return { state, unfinished, problems: untouched ? problems : [...problems, 'the old root was touched'] };
}

/** A committed root may still hold what the run worked with. */
function withoutTraces(root: TreeNode): TreeNode {
  root.children.delete('.migrate');
  root.children.get('var')?.children.get('lib')?.children.get('migrate')?.children.delete('retired');
  return root;
}

function copySparse(from: string, to: string): void {
  execFileSync('cp', ['--sparse=always', from, to]);
}
