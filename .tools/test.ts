/** What `npm test` runs, and with `--full` what `npm run test:full` runs: all stages, then what came of them. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import manifest from '../package.json' with { type: 'json' };
import { withOwnNamespaces } from './own-namespaces.ts';
import { sharesOf } from './side-by-side.ts';
import { commandStage, runRounds, type Stage } from './stages.ts';
import { startOfFailures, sumOfReports } from './sum-of-reports.ts';
import { runTestFiles, testFiles } from './test-files.ts';
import { treeHash } from './tree-hash.ts';

/** The random tests of a full run are longer, and crash tests stop at every point, unless the caller says otherwise. */
const fullEnvironment: Readonly<Record<string, string>> = {
  MIGRATE_SEEDS: '1000',
  MIGRATE_TRIPLES: '20000',
  MIGRATE_FUZZ_SECONDS: '600',
  MIGRATE_INTERRUPTIONS: 'all',
  MIGRATE_KILLS: 'all',
  MIGRATE_CUTS: 'all',
  MIGRATE_REFUSALS: '7',
};

const results = '.test-results';
const ofScenarios = `${results}/qemu/results.json`;
const full = process.argv.includes('--full');
const environment = full
  ? Object.fromEntries(Object.entries(fullEnvironment).map(([name, most]) => [name, process.env[name] ?? most]))
  : {};
const shares = sharesOf();
/** What failed, and counts, once the tests have run. */
let closing: readonly string[] = [];

function tools(name: string, needs: readonly string[]): Stage {
  return commandStage({ name, needs, command: ['sh', '.tools/run', name] });
}

const scenarios: Stage = commandStage({
  name: 'qemu',
  needs: ['setup', 'build'],
  command: ['node', 'qemu/run.ts', '--suite', full ? 'full' : 'test', '--at-once', String(shares.guests)],
  environment,
  // They mount disks and make stores too.
  within: withOwnNamespaces(null),
});

const rounds: readonly (readonly Stage[])[] = [
  [commandStage({ name: 'setup', needs: [], command: ['sh', '.tools/setup'] })],
  [tools('build', ['setup']), tools('types', []), tools('lint', ['setup'])],
  [scenarios, testStage()],
];

function testStage(): Stage {
  const running = new Set<string>();
  let ended = 0;
  const files = testFiles();
  const run = async (log: string): Promise<boolean> => {
    const start = performance.now();
    const reports: string[] = [];
    const failures: string[] = [];
    await runTestFiles({
      files,
      atOnce: shares.testFiles,
      // The longest takes five minutes; in a full run each fuzz takes ten, and a file may have several.
      limitSeconds: full ? 14_400 : 1800,
      environment,
      onStart: (file) => running.add(file),
      onEnd: ({ file, seconds, text, report }) => {
        running.delete(file);
        ended += 1;
        reports.push(report);
        appendFileSync(log, `${file}: ${seconds.toFixed(1)} s\n${text}`);
        appendFileSync(`${results}/tests.tap`, `# ${file}\n${report}`);
        if (!failed(report)) return;
        console.log(`-- failed: ${file}\n${text}`);
        failures.push(`-- failed: ${file}`, ...startOfFailures(text));
      },
    });
    // What is seen of a long log is its end.
    closing = [...sumOfReports(reports, performance.now() - start), ...failures];
    return !reports.some(failed);
  };
  const now = (): string => `${ended} of ${files.length} files; ${[...running].join(', ')}`;
  return { name: 'tests', needs: ['setup', 'build'], run, now };
}

function failed(report: string): boolean {
  return /^ *not ok /m.test(report);
}

for (const earlier of [`${results}/tests.tap`, ofScenarios]) rmSync(earlier, { force: true });
mkdirSync(results, { recursive: true });
const tree = await treeHash();
const outcomes = await runRounds(rounds, { atOnce: shares.stages, directory: results, say: console.log });
const unchanged = (await treeHash()) === tree;
const ok = unchanged && outcomes.every(({ result }) => result === 'ok');

console.log(`\n== ${full ? 'npm run test:full' : 'npm test'}`);
for (const { name, result, seconds } of outcomes) {
  console.log(`${result.toUpperCase().padEnd(8)} ${name.padEnd(6)} ${String(seconds).padStart(5)} s`);
}
if (!unchanged) console.log('FAILED   the tree changed while it was tested');
console.log(closing.join('\n'));
if (full) {
  const report = {
    schema: 'migrate.test/1',
    version: manifest.version,
    tree,
    ok,
    environment,
    stages: outcomes,
    scenarios: existsSync(ofScenarios) ? JSON.parse(readFileSync(ofScenarios, 'utf8')).outcomes : [],
    unit: closing,
  };
  writeFileSync(`${results}/full.json`, `${JSON.stringify(report, null, 2)}\n`);
  console.log(`written: ${results}/full.json, for tree ${tree}`);
}
process.exitCode = ok ? 0 : 1;
