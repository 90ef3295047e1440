import type { ByteString } from '../../../src/domain/bytes.ts';

/** What an administrator does to a file of settings: lines in, lines out; null where it does not apply to the file. */
export type Edit = { readonly name: string; readonly apply: (lines: readonly string[]) => string[] | null };

const directive = /^\s*#\s?([A-Za-z][\w.-]*)(\s*=\s*|\s+)(\S.*)$/;
const setting = /^(\s*[A-Za-z][\w.-]*)(\s*=\s*|\s+)(\S.*)$/;

/** Uncomments a directive, of those there are the one at that share of them, and sets it. */
function uncomment(share: number): Edit {
  return {
    name: `uncomment at ${share}`,
    apply: (lines) => replaceOne(lines, directive, share, ([, name, gap]) => [`${name}${gap}yes`]),
  };
}

/** The same, but the comment stays above it. */
function setBelowComment(share: number): Edit {
  return {
    name: `set below its comment at ${share}`,
    apply: (lines) => replaceOne(lines, directive, share, ([whole, name, gap]) => [whole, `${name}${gap}yes`]),
  };
}

function changeValue(share: number): Edit {
  return {
    name: `change a value at ${share}`,
    apply: (lines) => replaceOne(lines, setting, share, ([, name, gap, value]) => [`${name}${gap}${value} mine`]),
  };
}

function commentOut(share: number): Edit {
  return {
    name: `comment out at ${share}`,
    apply: (lines) => replaceOne(lines, setting, share, ([whole]) => [`#${whole}`]),
  };
}

function deleteLine(share: number): Edit {
  return {
    name: `delete a line at ${share}`,
    apply: (lines) => (lines.length < 3 ? null : lines.toSpliced(placeAt(lines, share), 1)),
  };
}

function insertLines(share: number): Edit {
  return {
    name: `insert at ${share}`,
    apply: (lines) => lines.toSpliced(placeAt(lines, share), 0, '# added here', 'added = yes'),
  };
}

const appendBlock: Edit = {
  name: 'append a block',
  apply: (lines) => [...lines, '', '# Local settings', 'Match User backup', '    Mine yes'],
};

const prepend: Edit = { name: 'a line at the top', apply: (lines) => ['# Managed by hand', ...lines] };

const reindent: Edit = {
  name: 'blanks to tabs',
  apply: (lines) => lines.map((line) => line.replace(/^ {2,}/, '\t')),
};

const shares = [0.1, 0.35, 0.6, 0.9];

/** What is done to every file, each alone. */
export const edits: readonly Edit[] = [
  ...shares.flatMap((share) => [
    ...[uncomment(share), setBelowComment(share), changeValue(share)],
    ...[commentOut(share), deleteLine(share), insertLines(share)],
  ]),
  ...[appendBlock, prepend, reindent],
];

/** Several edits, as a machine has after some years. */
export const manyEdits: Edit = {
  name: 'many edits',
  apply: (lines) => {
    const chosen = [uncomment(0.35), changeValue(0.6), insertLines(0.1), deleteLine(0.9), appendBlock];
    return chosen.reduce((text, { apply }) => apply(text) ?? text, [...lines]);
  },
};

/** The text after the edit; null where it does not apply or changes nothing. */
export function edited(text: ByteString, { apply }: Edit): ByteString | null {
  const ends = text.endsWith('\n');
  const lines = (ends ? text.slice(0, -1) : text).split('\n');
  const result = apply(lines)?.join('\n');
  return result === undefined || result === lines.join('\n') ? null : `${result}${ends ? '\n' : ''}`;
}

function replaceOne(
  lines: readonly string[],
  pattern: RegExp,
  share: number,
  replace: (match: RegExpExecArray) => readonly string[],
): string[] | null {
  const matches = lines.flatMap((line, index) => {
    const match = pattern.exec(line);
    return match === null ? [] : [{ index, match }];
  });
  const chosen = matches[Math.floor(matches.length * share)];
  return chosen === undefined ? null : lines.toSpliced(chosen.index, 1, ...replace(chosen.match));
}

function placeAt(lines: readonly string[], share: number): number {
  return Math.floor(lines.length * share);
}
