import type { ByteString } from '../domain/bytes.ts';
import type { CheckResult, Health } from '../domain/health.ts';
import { type Console, paint } from './console.ts';
import { printable, printableText } from './printable.ts';
import { countOf, inBytes } from './quantities.ts';

/** Lines of a failed check's output that a person is shown; the JSON document and the store's logs have more. */
const shownLines = 20;

/** How one check ended; where it did not pass, with the end of what it printed. */
export function renderCheckResult(result: CheckResult, console: Console): string {
  const { name, kind, outcome, how, seconds, afterSoak } = result;
  const when = afterSoak ? ', after the soak time' : '';
  const took = `${kind}${when}, ${seconds.toFixed(1)} s`;
  if (outcome === 'passed') return `${paint(console, 'green', 'passed')}  ${printable(name)}  (${took})\n`;
  const style = kind === 'required' ? 'red' : 'yellow';
  const head = `${paint(console, style, 'failed')}  ${printable(name)}: ${printableText(how)}  (${took})\n`;
  return head + outputOf(result);
}

function outputOf({ output, droppedBytes }: CheckResult): string {
  const lines = output.replace(/\n+$/, '').split('\n');
  const shown = lines.slice(-shownLines).filter((line, index) => line !== '' || index > 0);
  const left = lines.length - lines.slice(-shownLines).length;
  const more = [
    ...(left > 0 ? [countOf(left, 'line')] : []),
    ...(droppedBytes > 0 ? [`${inBytes(droppedBytes)} not kept`] : []),
  ];
  const before = more.length === 0 ? [] : [`(before that: ${more.join(', ')})`];
  return [...before, ...shown.map(shownLine)].map((line) => `        ${line}\n`).join('');
}

function shownLine(line: ByteString): string {
  return printable(line);
}

/** What was passed over, and what it all came to. */
export function renderHealth({ healthy, results, skipped }: Health, console: Console): string {
  const passedOver = skipped.map(({ path, why }) => `not run  ${printable(path)}: ${why}\n`);
  const failed = results.filter(({ outcome }) => outcome !== 'passed');
  const wanted = new Set(failed.filter(({ kind }) => kind === 'wanted').map(({ name }) => name)).size;
  const and = wanted === 0 ? '' : `, but ${countOf(wanted, 'wanted check')} failed`;
  const verdict = healthy ? `${paint(console, 'green', 'Healthy')}${and}` : paint(console, 'red', 'Not healthy');
  return `${passedOver.join('')}${verdict}\n`;
}
