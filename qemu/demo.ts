import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { entryOf, playBoot } from './boot.ts';
import { facts } from './demo-facts.ts';
import { btrfsOld } from './entries.ts';
import { gather, type Material } from './gather.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';
import { prepareDisks } from './prepare-disks.ts';
import { project } from './product.ts';
import { seconds } from './progress.ts';
import type { Report } from './question.ts';
import type { Scenario } from './scenario.ts';
import { scenario as update } from './scenarios/update.ts';

/** The main job, to look at: a machine with changes of its own, the plan, the update's boot, and the machine after it. */
const scenario: Scenario = { ...update, name: 'demo', entries: { old: btrfsOld, ...update.entries } };

const directory = join(project, '.test-results', 'qemu', 'demo');
const binary = join(project, 'dist', 'migrate');

process.exitCode = await demo();

async function demo(): Promise<number> {
  const start = performance.now();
  title('A Debian 12 machine with changes of its own, and a Debian 13 image');
  say('Built once and kept in the cache; a first run takes some minutes.');
  const material = await gather(scenario);
  await rm(directory, { recursive: true, force: true });
  await mkdir(join(directory, 'disks'), { recursive: true });
  const disks = await prepareDisks(scenario, material, join(directory, 'disks'));

  title('1  Before: the machine as its operator left it (booting Debian 12)');
  const before = await boot('old', { number: 1, material, disks });
  showFacts([['before', before]]);

  title('2  The plan, as the operator sees it before the update:  migrate plan');
  process.stdout.write(await planOf(disks));

  title('3  The update: one boot. The initramfs of Debian 13 carries the changes over, then starts it');
  const after = await boot('trial', { number: 2, material, disks });

  title('4  After: Debian 13, with the changes in force');
  const kept = showFacts([
    ['before', before],
    ['after', after],
  ]);
  say('');
  say(`The old system is untouched in @v1, both images in @images. ${seconds(start)} s.`);
  await rm(join(directory, 'disks'), { recursive: true });
  say(kept ? styleText('green', 'Every change is in force.') : styleText('red', 'A change was lost: see above.'));
  return kept ? 0 : 1;
}

type Boot = { readonly number: number; readonly material: Material; readonly disks: readonly Disk[] };

/** Boots an entry, repeats what migrate says on the console, and returns the answers of the booted system. */
async function boot(entry: string, settings: Boot): Promise<NonNullable<Report>> {
  const log = join(directory, `boot-${settings.number}.serial.log`);
  const stop = repeatConsole(log);
  const report = Object.fromEntries(facts.map(({ question }) => [question, /^/]));
  const result = await playBoot({
    ...settings,
    ...{ boot: { entry, ends: 'report', report }, entry: entryOf(settings.material, entry), grubDisk: null, directory },
  });
  await stop();
  if (result.report !== null) return result.report;
  throw new Error(`The machine did not come up: its console is in ${log}`);
}

/** Prints the lines that migrate writes to the console, as they come; the function that comes back prints the last and ends. */
function repeatConsole(log: string): () => Promise<void> {
  let printed = 0;
  async function print(): Promise<void> {
    const lines = (await readFile(log, 'latin1')).matchAll(/^\[ *([\d.]+)\] migrate\[\d+\]: migrate: (.*?)\r?$/gm);
    for (const [, time = '', text = ''] of [...lines].slice(printed)) {
      say(`  ${styleText('dim', `${Number(time).toFixed(1).padStart(5)} s`)}  ${text}`);
      printed += 1;
    }
  }
  // The log is there as soon as the machine is.
  const timer = setInterval(() => void print().catch(ignoreMissing), 500);
  return async () => {
    clearInterval(timer);
    await print();
  };
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}

async function planOf(disks: readonly Disk[]): Promise<string> {
  const mounts = disks.map(({ name, file }) => ({ name, disk: file, options: 'ro' }));
  const script = `"$1" plan --base disk/@images/bookworm --old disk/@v1 --new disk/@images/trixie`;
  return (await inMounted(mounts, script, [binary])).stdout.concat('\n');
}

type Column = readonly [name: string, report: NonNullable<Report>];

/** A line for each fact; with two columns, says whether the last has it as it should. */
function showFacts(columns: readonly Column[]): boolean {
  const width = Math.max(...facts.map(({ name }) => name.length));
  let allKept = true;
  for (const { name, question, expected } of facts) {
    const answers = columns.map(([, report]) => (report.get(question)?.output ?? '').replaceAll('\n', ' ').trim());
    const [first = '', last = first] = answers;
    const isKept = columns.length === 1 || (expected === 'kept' ? last === first : expected.test(last));
    allKept &&= isKept;
    const verdict = isKept ? styleText('green', '✓') : styleText('red', '✗');
    const mark = columns.length === 1 ? ' ' : verdict;
    const change = last === first ? first : `${styleText('dim', `${first} →`)} ${last}`;
    say(`  ${mark} ${name.padEnd(width)}  ${change}`);
  }
  return allKept;
}

function title(text: string): void {
  say(`\n${styleText('bold', text)}`);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
