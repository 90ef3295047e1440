/** Counts at the end of a report in TAP by `node --test`. */
const counts = ['tests', 'suites', 'pass', 'fail', 'cancelled', 'skipped', 'todo'];

/**
 * What failed in all of these reports, and their counts as `node --test` gives them at the end of one: `# tests 120`,
 * `# pass 120` and so on.
 */
export function sumOfReports(reports: readonly string[], milliseconds: number): string[] {
  const failures = reports.flatMap((report) => report.split('\n').filter((line) => /^ *not ok /.test(line)));
  const sums = counts.map((name) => {
    const expression = new RegExp(`^# ${name} (\\d+)$`, 'gm');
    const found = reports.flatMap((report) => [...report.matchAll(expression)]);
    return `# ${name} ${found.reduce((sum, [, count]) => sum + Number(count), 0)}`;
  });
  return [...failures, ...sums, `# duration_ms ${Math.round(milliseconds)}`];
}

/** The first lines of what `node --test` says, for a person, of the failures of a file; none where none failed. */
export function startOfFailures(text: string, most = 15): string[] {
  const [, failures] = text.split(/^✖ failing tests:$/m);
  const lines = (failures ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.length > most ? [...lines.slice(0, most), `  (${lines.length - most} more lines)`] : lines;
}
