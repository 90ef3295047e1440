/**
 * `npm run cases`: runs every test whose name names a case, and prints the table of cases, tests and how they ended. What
 * a scenario in QEMU shows is taken from its last run, if that was for the tree as it stands. Exit status 1 where a case
 * has no test or a test failed.
 */
import { existsSync, readFileSync } from 'node:fs';
import type { Outcome } from '../qemu/play.ts';
import { loadScenarios } from '../qemu/scenarios.ts';
import { casesNamed, lastCase } from './cases-named.ts';
import { sharesOf } from './side-by-side.ts';
import { runTestFiles, testFiles } from './test-files.ts';
import { treeHash } from './tree-hash.ts';

type Row = { readonly number: number; readonly test: string; readonly result: 'passed' | 'FAILED' | 'not run' };

const scenarioResults = '.test-results/qemu/results.json';

async function testRows(): Promise<Row[]> {
  const rows: Row[] = [];
  await runTestFiles({
    files: testFiles().filter((file) => /\bcases? \d/.test(readFileSync(file, 'utf8'))),
    atOnce: sharesOf().testFiles,
    pattern: '/^cases? [0-9]/',
    limitSeconds: 1800,
    onEnd: ({ report }) => rows.push(...rowsOf(report)),
  });
  return rows;
}

function rowsOf(report: string): Row[] {
  return [...report.matchAll(/^ *(not )?ok \d+ - (.*)$/gm)].flatMap(([, not, text = '']) => {
    const test = text.replaceAll(/\\([\\#])/g, '$1');
    return casesNamed(test).map(
      (number) => ({ number, test, result: not === undefined ? 'passed' : 'FAILED' }) as const,
    );
  });
}

async function scenarioRows(): Promise<Row[]> {
  const last = await lastScenarios();
  return (await loadScenarios()).flatMap(({ name, promise, cases = [] }) => {
    const result = resultOf(last.find((candidate) => candidate.name === name));
    return cases.map((number) => ({ number, test: `qemu/run ${name}: ${promise}`, result }));
  });
}

function resultOf(outcome: Outcome | undefined): Row['result'] {
  if (outcome === undefined) return 'not run';
  return outcome.failures.length === 0 ? 'passed' : 'FAILED';
}

async function lastScenarios(): Promise<readonly Outcome[]> {
  if (!existsSync(scenarioResults)) return [];
  const { tree, outcomes } = JSON.parse(readFileSync(scenarioResults, 'utf8')) as {
    tree: string;
    outcomes: Outcome[];
  };
  return tree === (await treeHash()) ? outcomes : [];
}

const rows = [...(await testRows()), ...(await scenarioRows())];
let missing = 0;
for (let number = 1; number <= lastCase; number++) {
  const tests = rows.filter((row) => row.number === number);
  if (tests.length === 0) missing += 1;
  const lines = tests.length === 0 ? ['no test'] : tests.map(({ result, test }) => `${result.padEnd(7)}  ${test}`);
  console.log(lines.map((line, index) => `${index === 0 ? String(number).padStart(4) : '    '}  ${line}`).join('\n'));
}
const failed = rows.filter(({ result }) => result === 'FAILED').length;
const waiting = new Set(rows.filter(({ result }) => result === 'not run').map(({ test }) => test)).size;
console.log(`\n${lastCase - missing} of ${lastCase} cases have a test; ${rows.length} rows, ${failed} failed`);
if (waiting > 0) console.log(`${waiting} scenarios were not run for this tree: npm test runs them`);
process.exitCode = missing + failed > 0 ? 1 : 0;
