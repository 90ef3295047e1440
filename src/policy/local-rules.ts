import { type ByteString, trimBlanks } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import { literalPath, parsePattern } from './pattern.ts';
import { splitWords } from './words.ts';

/** What a machine's own rule is about: one path, a directory with all that is in it, or the files of a package. */
export type RuleSubject =
  | { readonly kind: 'path' | 'subtree'; readonly path: RootPath }
  | { readonly kind: 'package'; readonly name: ByteString };

/** The pattern that names the subject and nothing else; what a pattern would read as a wildcard is escaped. */
export function patternOf(subject: RuleSubject): ByteString {
  if (subject.kind === 'package') return `pkg:${subject.name}`;
  const escaped = subject.path.replace(/[^A-Za-z0-9/._+:@,=~%-]/g, escapeByte);
  return subject.kind === 'subtree' && escaped !== '/' ? `${escaped}/` : escaped;
}

function escapeByte(byte: ByteString): ByteString {
  const code = byte.charCodeAt(0);
  if (byte === '\n') return '\\n';
  if (byte === '\t') return '\\t';
  return code >= 0x20 && code < 0x7f ? `\\${byte}` : `\\x${code.toString(16).padStart(2, '0')}`;
}

/** The text of a policy with one more rule at its end. */
export function withRule(text: ByteString, rule: ByteString): ByteString {
  const whole = text === '' || text.endsWith('\n') ? text : `${text}\n`;
  return `${whole}${rule}\n`;
}

/** The text of a policy without the rules that name just this subject, and those rules; everything else stays as it is. */
export function withoutRules(
  text: ByteString,
  subject: RuleSubject,
): { readonly text: ByteString; readonly removed: readonly ByteString[] } {
  const lines = text.split('\n');
  const removed = lines.filter((line) => isAbout(line, subject));
  return {
    text: lines.filter((line) => !isAbout(line, subject)).join('\n'),
    removed: removed.map(trimBlanks),
  };
}

/** Whether the line is a rule whose pattern names just the subject; a path and the directory of that name are alike. */
function isAbout(line: ByteString, subject: RuleSubject): boolean {
  const [verb, pattern] = splitWords(line).words;
  if (verb === undefined || pattern === undefined || verb === 'default') return false;
  const parsed = parsePattern(pattern);
  if (subject.kind === 'package') return parsed.kind === 'package' && parsed.name === subject.name;
  return parsed.kind === 'path' && literalPath({ ...parsed, below: false }) === subject.path;
}
