import type { ByteString } from '../domain/bytes.ts';
import { displayBytes, textOfBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { Rule, RuleSource, Verb } from '../domain/policy.ts';
import { parseAttributes } from './attributes.ts';
import { type Pattern, parsePattern } from './pattern.ts';
import { RuleError } from './rule-error.ts';
import { splitWords } from './words.ts';

const byteOrderMark = '\xef\xbb\xbf';

/**
 * Reads the rules of a policy. `file` is its name for messages and `explain`. Throws Failure `policy-syntax` at the first
 * line that cannot be read.
 */
export function parsePolicy(text: ByteString, file: string): Rule[] {
  const body = text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
  return body.split('\n').flatMap((line, index) => parseLine(line, { file, line: index + 1 }));
}

function parseLine(line: ByteString, source: RuleSource): Rule[] {
  const { words, comment } = splitWords(line);
  const [verb, ...rest] = words;
  if (verb === undefined) return [];
  try {
    const rule = parseRule(verb, rest);
    const reason = comment === null || comment === '' ? {} : { reason: textOfBytes(comment) ?? displayBytes(comment) };
    return [{ ...rule, source, ...reason }];
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new Failure({
      code: 'policy-syntax',
      kind: 'input',
      message: `${source.file}, line ${source.line}: ${error.message}`,
      cause: error,
    });
  }
}

function parseRule(verb: ByteString, words: readonly ByteString[]): Omit<Rule, 'source'> {
  if (verb === 'default') return parseDefault(words);
  if (!isVerb(verb)) {
    throw new RuleError(`unknown verb "${displayBytes(verb)}": default, persist, ignore and pin are allowed`);
  }
  const [pattern, ...attributes] = words;
  if (pattern === undefined) throw new RuleError(`"${verb}" needs a pattern after it, such as ${verb} /etc/motd`);
  const parsed = checkPattern(pattern);
  return { verb, pattern, attributes: parseAttributes(attributes, verb, parsed) };
}

function parseDefault([verb, ...rest]: readonly ByteString[]): Omit<Rule, 'source'> {
  if (verb !== 'persist' && verb !== 'ignore') {
    throw new RuleError(`"default ${displayBytes(verb ?? '')}": "default persist" and "default ignore" are allowed`);
  }
  const [word] = rest;
  if (word !== undefined) throw new RuleError(`"${displayBytes(word)}": "default" takes no attributes`);
  return { verb: 'default', pattern: verb, attributes: {} };
}

function checkPattern(pattern: ByteString): Pattern {
  try {
    return parsePattern(pattern);
  } catch (error) {
    if (!(error instanceof RuleError)) throw error;
    throw new RuleError(`pattern "${showPattern(pattern)}": ${error.message}`, { cause: error });
  }
}

// As it stands in the file: `displayBytes` would double its backslashes.
function showPattern(pattern: ByteString): string {
  return displayBytes(pattern).replaceAll('\\\\', '\\');
}

function isVerb(word: string): word is Verb {
  return word === 'persist' || word === 'ignore' || word === 'pin';
}
