import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { exists } from '../cache.ts';
import { play } from '../play.ts';
import { scenario } from '../scenarios/power-cuts.ts';
import { phaseNames } from './phases.ts';

const usage = `usage: npm run test:powercut                cut the power between stage and good; print where, and what came up
       npm run test:powercut -- --keep      the same; leave the recording, and the disks of cuts that went wrong
       npm run test:powercut -- --at-begin  when a phase begins, with all lost that was not flushed; else anywhere

MIGRATE_CUTS     how many cuts; 100
MIGRATE_PHASES   into which phases they fall, with commas between; all of
                 ${phaseNames.join(', ')}
MIGRATE_SEED     a number that they are drawn from; else the clock
MIGRATE_AT_ONCE  how many machines are on at once; 1
Exit status: 0 as promised, 1 not, 2 usage.
`;

const { values: options } = parseArgs({
  options: {
    keep: { type: 'boolean', default: false },
    'at-begin': { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const {
  MIGRATE_CUTS: cuts = '100',
  MIGRATE_PHASES: phases,
  MIGRATE_SEED: seed,
  MIGRATE_AT_ONCE: atOnce = '1',
} = process.env;
const within = phaseNames.filter((name) => phases === undefined || phases.split(',').includes(name));
process.exitCode = await main();

async function main(): Promise<number> {
  const isCount = (text: string): boolean => /^[1-9][0-9]*$/.test(text);
  if (options.help) return say(usage, 0);
  if (within.length === 0 || ![cuts, atOnce, seed ?? '1'].every(isCount)) return say(usage, 2);
  return await cutPower();
}

async function cutPower(): Promise<number> {
  const numbers = { cuts: Number(cuts), atOnce: Number(atOnce), ...(seed === undefined ? {} : { seed: Number(seed) }) };
  const request = { ...scenario, ...numbers, name: 'test-powercut', within, atBegin: options['at-begin'] };
  const { directory, failures } = await play(request, { keep: options.keep });
  const table = join(directory, 'power-cuts.txt');
  // Where the update could not be recorded there is none.
  if (await exists(table)) say(await readFile(table, 'utf8'), 0);
  say(failures.map((failure) => `${failure}\n`).join(''), 0);
  return say(`written: ${directory}/power-cuts.json\n`, failures.length === 0 ? 0 : 1);
}

function say(text: string, status: number): number {
  process.stdout.write(text);
  return status;
}
