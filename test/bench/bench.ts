/**
 * The table of what is promised: `npm run bench` measures all rows, `npm run bench -- NAME...` some. Every row runs our
 * binary and its peer in turn on the same trees, which are built once and kept in the cache. `--json FILE` writes the
 * figures of every round too. Exits with 1 where a promise is not kept, unless a floor that was measured
 * beside it is above the limit too. Needs root.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { median } from './measure.ts';
import { type Figures, isExplained, type Row } from './row.ts';
import { changesOnBtrfs } from './rows/changes-on-btrfs.ts';
import { changesOnOverlay } from './rows/changes-on-overlay.ts';
import { findChanges } from './rows/find-changes.ts';
import { migrations } from './rows/migrate.ts';
import { million } from './rows/million.ts';
import { unpacking } from './rows/unpack.ts';

type Measured = { readonly row: Row; readonly figures: Figures; readonly met: boolean };

const rows: readonly Row[] = [
  ...changesOnBtrfs,
  ...changesOnOverlay,
  ...findChanges,
  ...migrations,
  ...million,
  ...unpacking,
];

/** Benches with a table of their own. */
const programs = ['startup', 'merge'] as const;

const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'string' } } });
const known = [...programs, ...rows.map(({ name }) => name)];
const unknown = positionals.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  console.error(`bench: no row ${unknown.join(', ')}; there are: ${known.join(', ')}`);
  process.exitCode = 2;
} else {
  await runAll(positionals.length === 0 ? known : positionals);
}

async function runAll(wanted: readonly string[]): Promise<void> {
  let kept = true;
  for (const program of programs) if (wanted.includes(program)) kept = runProgram(program) && kept;
  const measured: Measured[] = [];
  for (const row of rows) {
    if (!wanted.includes(row.name)) continue;
    measured.push(await measure(row));
  }
  if (measured.length > 0) print(measured);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(documentOf(measured), null, 2)}\n`);
  if (!kept || measured.some(({ row, figures, met }) => !met && !isExplained(row, figures))) process.exitCode = 1;
}

function runProgram(name: string): boolean {
  return spawnSync(process.execPath, [join(import.meta.dirname, `${name}.ts`)], { stdio: 'inherit' }).status === 0;
}

async function measure(row: Row): Promise<Measured> {
  const figures = await row.measure();
  const met = figures.value <= row.limit;
  console.error(`bench: ${row.name} ${figureOf(row, figures.value)}${met ? '' : ', NOT MET'}`);
  return { row, figures, met };
}

function print(measured: readonly Measured[]): void {
  const width = Math.max(...measured.map(({ row }) => row.work.length));
  const peerWidth = Math.max(...measured.map(({ row }) => row.peer.length));
  console.log(`${'work'.padEnd(width)}  ${'peer'.padEnd(peerWidth)}      ours      peer    figure  at most`);
  for (const { row, figures, met } of measured) {
    const times = row.unit === 'MB' ? [''.padStart(8), ''.padStart(8)] : [figures.ours, figures.peer].map(milliseconds);
    const figure = figureOf(row, figures.value).padStart(8);
    const limit = figureOf(row, row.limit).padStart(7);
    console.log(
      `${row.work.padEnd(width)}  ${row.peer.padEnd(peerWidth)}  ${times.join('  ')}  ${figure}  ${limit}  ${met ? 'met' : 'NOT MET'}`,
    );
    for (const note of figures.notes ?? []) console.log(`  ${note}`);
    for (const line of floorOf(row, figures, met)) console.log(`  floor: ${line}`);
  }
}

/** A measured floor is told in any case. */
function floorOf(row: Row, { floor }: Figures, met: boolean): readonly string[] {
  if (floor !== undefined) return [`${floor.what}: ${figureOf(row, floor.value)}`];
  return met || row.floor === undefined ? [] : [row.floor];
}

function figureOf({ unit }: Row, value: number): string {
  return unit === 'MB' ? `${value.toFixed(0)} MB` : value.toFixed(2);
}

function milliseconds(times: readonly number[]): string {
  return `${median(times).toFixed(0)} ms`.padStart(8);
}

function documentOf(measured: readonly Measured[]): object {
  return {
    schema: 'migrate.bench/1',
    rows: measured.map(({ row: { measure: _, ...row }, figures, met }) => ({ ...row, ...figures, met })),
  };
}
