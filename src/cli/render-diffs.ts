import { displayBytes } from '../domain/bytes.ts';
import type { ContentDiff } from '../flows/content-diffs.ts';
import { type Console, paint } from './console.ts';
import { printable } from './printable.ts';

/** Unified diffs from the image's file to the result's; those of files that not everyone may read only where asked for. */
export function renderDiffs(diffs: readonly ContentDiff[], console: Console, showPrivate: boolean): string {
  return diffs.map((diff) => `\n${renderDiff(diff, console, showPrivate)}\n`).join('');
}

function renderDiff({ path, isPrivate, diff }: ContentDiff, console: Console, showPrivate: boolean): string {
  if (isPrivate && !showPrivate) {
    return paint(console, 'dim', `${displayBytes(path)}: not everyone may read it; --private shows its diff`);
  }
  if (diff === null) return paint(console, 'dim', `${displayBytes(path)}: not text, or too large to show`);
  const [from = '', to = '', ...lines] = diff.trimEnd().split('\n').map(printable);
  return [
    ...[from, to].map((line) => paint(console, 'bold', line)),
    ...lines.map((line) => paintLine(line, console)),
  ].join('\n');
}

function paintLine(line: string, console: Console): string {
  if (line.startsWith('+')) return paint(console, 'green', line);
  if (line.startsWith('-')) return paint(console, 'red', line);
  return line.startsWith('@@') ? paint(console, 'cyan', line) : line;
}
