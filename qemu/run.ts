import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sharesOf, sideBySide } from '../.tools/side-by-side.ts';
import { treeHash } from '../.tools/tree-hash.ts';
import { lastLines } from './last-lines.ts';
import { type AnyScenario, type Outcome, play, prepare } from './play.ts';
import { project } from './product.ts';
import { loadScenarios } from './scenarios.ts';

const usage = `usage: qemu/run                           list the scenarios
       qemu/run [OPTIONS] SCENARIO...     run these
       qemu/run [OPTIONS] --suite test    run all that npm test runs
       qemu/run [OPTIONS] --suite full    run all
       qemu/run --prepare                 build all images, initramfs and disks that they need

--at-once N  play so many at once; each keeps a processor busy and holds 1.2 GiB of memory
--keep       leave the disks in .test-results/qemu/<scenario>/disks
Exit status: 0 all kept their promise, 1 one did not, 2 usage.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'boolean', default: false },
    suite: { type: 'string' },
    'at-once': { type: 'string', default: String(sharesOf().guests) },
    prepare: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const atOnce = Number(values['at-once']);
process.exitCode = await main();

async function main(): Promise<number> {
  const scenarios = await loadScenarios();
  if (values.help) return say(usage, 0);
  if (!Number.isInteger(atOnce) || atOnce < 1) return say(usage, 2);
  if (values.prepare) {
    await sideBySide(scenarios, atOnce, prepare);
    return 0;
  }
  if (values.suite !== undefined) {
    if (values.suite !== 'test' && values.suite !== 'full') return say(usage, 2);
    const full = values.suite === 'full';
    const suite = full ? scenarios : scenarios.filter(({ fullOnly }) => fullOnly !== true).map(shortened);
    return runAll(suite.toSorted((one, other) => boots(other) - boots(one)));
  }
  if (positionals.length === 0) return say(`${scenarios.map(described).join('\n')}\n`, 0);
  const unknown = positionals.filter((name) => !scenarios.some((scenario) => scenario.name === name));
  if (unknown.length > 0) return say(`There is no scenario ${unknown.join(', ')}: qemu/run lists them\n`, 2);
  return runAll(scenarios.filter((scenario) => positionals.includes(scenario.name)));
}

/** With the boots that `npm test` plays. */
function shortened(scenario: AnyScenario): AnyScenario {
  if (!('boots' in scenario)) return scenario;
  const end = scenario.boots.findIndex(({ fullOnly }) => fullOnly === true);
  return end === -1 ? scenario : { ...scenario, boots: scenario.boots.slice(0, end) };
}

/** About how long it takes, in boots of a plain machine. The longest start first, so that the last ones end together. */
function boots(scenario: AnyScenario): number {
  if ('tests' in scenario) return scenario.limitSeconds / 400;
  if ('cuts' in scenario) return 5 + 2 * scenario.cuts;
  if (!('boots' in scenario)) return 2;
  return scenario.boots.length * (scenario.layout.startsWith('store') ? 2 : 1);
}

async function runAll(scenarios: readonly AnyScenario[]): Promise<number> {
  const tree = await treeHash();
  const outcomes: Outcome[] = [];
  await sideBySide(scenarios, atOnce, async (scenario) => {
    const outcome = await playSafely(scenario);
    outcomes.push(outcome);
    say(await resultOf(outcome), 0);
  });
  const failed = outcomes.filter((outcome) => outcome.failures.length > 0).length;
  await writeResults(tree, outcomes);
  return say(`${outcomes.length - failed} passed, ${failed} failed\n`, failed > 0 ? 1 : 0);
}

/** One scenario that cannot be played does not stop the others. */
async function playSafely(scenario: AnyScenario): Promise<Outcome> {
  try {
    return await play(scenario, { keep: values.keep });
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { name: scenario.name, seconds: 0, directory: '', failures: [`could not be played: ${text}`] };
  }
}

async function resultOf(outcome: Outcome): Promise<string> {
  const time = `${outcome.seconds.toFixed(0).padStart(4)} s`;
  if (outcome.failures.length === 0) return `passed ${time}  ${outcome.name}\n`;
  const lines = outcome.failures.map((failure) => `  ${failure}\n`).join('');
  const logs =
    outcome.directory === ''
      ? ''
      : `  ${await lastLines(outcome.directory)}  logs: ${outcome.directory}
`;
  return `FAILED ${time}  ${outcome.name}
${lines}${logs}`;
}

function described(scenario: AnyScenario): string {
  return `${scenario.name.padEnd(22)} ${scenario.promise}`;
}

/** With the tree that was tested, so that nobody takes them for another's. */
async function writeResults(tree: string, outcomes: readonly Outcome[]): Promise<void> {
  const directory = join(project, '.test-results', 'qemu');
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'results.json'), `${JSON.stringify({ tree, outcomes }, null, 2)}\n`);
}

function say(text: string, status: number): number {
  process.stdout.write(text);
  return status;
}
