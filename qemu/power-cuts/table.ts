import type { Verdict } from './start-after-cut.ts';

const headings = ['cut', 'phase', 'entry', 'unflushed', 'kept', 'booted', 'why', 'starts', 'seconds', 'result'];

/** A line for each cut: where it fell, how much was not flushed and how much of that was kept, and what came up then. */
export function tableOf(verdicts: readonly Verdict[]): string {
  const rows = [headings, ...verdicts.map(rowOf)];
  const widths = headings.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, column) => text.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

function rowOf({ cut, booted, why, starts, seconds, failures }: Verdict): readonly string[] {
  const { number, phase, at, durable, kept } = cut;
  const numbers = [at, at - durable, kept.length].map(String);
  const result = failures.length === 0 ? 'intact' : 'FAILED';
  return [String(number), phase, ...numbers, booted ?? '-', why ?? '-', String(starts), String(seconds), result];
}

/** The same of one cut in a few words, while others are still to come. */
export function lineOf({ cut, booted, why, seconds, failures }: Verdict): string {
  const result = failures.length === 0 ? 'intact' : failures.join('; ');
  return `cut ${cut.number}, in ${cut.phase}: ${booted ?? 'nothing'} (${why ?? '-'}) after ${seconds} s: ${result}`;
}
