/** What `npm test` runs, and with `--full` what `npm run test:full` runs: all stages in turn, then what came of them. */
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import manifest from '../package.json' with { type: 'json' };
import { runsInGuest } from './guest-tests.ts';
import { treeHash } from './tree-hash.ts';

type Stage = {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Stages without whose success this one cannot say anything. */
  readonly needs: readonly string[];
};

/** The random tests of a full run are longer, and crash tests stop at every point, unless the caller says how long. */
const fullEnvironment = {
  MIGRATE_SEEDS: '1000',
  MIGRATE_TRIPLES: '20000',
  MIGRATE_FUZZ_SECONDS: '600',
  MIGRATE_INTERRUPTIONS: 'all',
  MIGRATE_KILLS: 'all',
  MIGRATE_CUTS: 'all',
  MIGRATE_REFUSALS: '7',
};

type Outcome = { readonly name: string; readonly result: 'ok' | 'failed' | 'not run'; readonly seconds: number };

const results = '.test-results';
const reports = { unit: `${results}/unit.tap`, stores: `${results}/stores.tap` };
const full = process.argv.includes('--full');

/**
 * Tests of stores run one after the other, and no other test meanwhile: a process with mounts of its own, as several tests
 * start, has a copy of what is mounted then, and a store rightly refuses to remove what is mounted anywhere.
 */
const storeTests = ['storage', 'store', 'versions', 'flows/staging', 'flows/looking-back', 'flows/transfer', 'cli'];

const stages: readonly Stage[] = [
  { name: 'setup', command: ['sh', '.tools/setup'], needs: [] },
  { name: 'types', command: ['sh', '.tools/run', 'types'], needs: [] },
  { name: 'lint', command: ['sh', '.tools/run', 'lint'], needs: ['setup'] },
  { name: 'build', command: ['sh', '.tools/run', 'build'], needs: ['setup'] },
  { name: 'unit', command: ['node', ...testArguments('unit')], needs: ['setup', 'build'] },
  { name: 'stores', command: ['node', ...testArguments('stores')], needs: ['setup', 'build'] },
  {
    name: 'qemu',
    command: ['node', 'qemu/run.ts', '--suite', full ? 'full' : 'test'],
    needs: ['setup', 'build'],
  },
  ...(full ? [{ name: 'bench', command: ['sh', '.tools/run', 'bench'], needs: ['build'] } as const] : []),
];

// Written twice: for a person as it goes, and as TAP, whose closing lines are repeated at the very end.
function testArguments(stage: keyof typeof reports): string[] {
  const files = globSync('test/**/*.test.ts')
    .filter((file) => !runsInGuest(file))
    .toSorted();
  const isOfStores = (file: string): boolean => storeTests.some((folder) => file.startsWith(`test/${folder}/`));
  return [
    '--test',
    `--test-concurrency=${stage === 'unit' ? 2 : 1}`,
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${reports[stage]}`,
    ...files.filter((file) => isOfStores(file) === (stage === 'stores')),
  ];
}

async function runAll(): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const stage of stages) {
    const missing = stage.needs.filter((need) => outcomes.some(({ name, result }) => name === need && result !== 'ok'));
    outcomes.push(missing.length === 0 ? await runStage(stage) : notRun(stage, missing));
  }
  return outcomes;
}

async function runStage(stage: Stage): Promise<Outcome> {
  console.log(`\n== ${stage.name}: ${stage.command.join(' ')}`);
  const [file, ...stageArguments] = stage.command;
  const start = performance.now();
  const env = full ? { ...fullEnvironment, ...process.env } : {};
  const { failed } = await execa(file, stageArguments, { stdio: 'inherit', reject: false, env });
  return {
    name: stage.name,
    result: failed ? 'failed' : 'ok',
    seconds: Math.round((performance.now() - start) / 1000),
  };
}

function notRun(stage: Stage, missing: readonly string[]): Outcome {
  console.log(`\n== ${stage.name}: not run, it needs ${missing.join(' and ')}`);
  return { name: stage.name, result: 'not run', seconds: 0 };
}

// What failed, and the last lines of node's own report: `# tests 120`, `# pass 120` and so on.
function closingLines(outcomes: readonly Outcome[]): string[] {
  return Object.entries(reports).flatMap(([stage, report]) => {
    if (outcomes.some(({ name, result }) => name === stage && result === 'not run')) return [];
    return readFileSync(report, 'utf8')
      .split('\n')
      .filter((line) => /^ *not ok |^# (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /.test(line));
  });
}

for (const report of Object.values(reports)) rmSync(report, { force: true });
mkdirSync(results, { recursive: true });
const tree = await treeHash();
const outcomes = await runAll();
const closing = closingLines(outcomes);
const unchanged = (await treeHash()) === tree;
const ok = unchanged && outcomes.every(({ result }) => result === 'ok');

console.log(`\n== ${full ? 'npm run test:full' : 'npm test'}`);
for (const { name, result, seconds } of outcomes) {
  console.log(`${result.toUpperCase().padEnd(8)} ${name.padEnd(6)} ${String(seconds).padStart(5)} s`);
}
if (!unchanged) console.log('FAILED   the tree changed while it was tested');
console.log(closing.join('\n'));
if (full) {
  const report = { schema: 'migrate.test/1', version: manifest.version, tree, ok, stages: outcomes, unit: closing };
  writeFileSync(`${results}/full.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written: ${results}/full.json, for tree ${tree}`);
}
process.exitCode = ok ? 0 : 1;
