import type { ByteString } from '../domain/bytes.ts';
import { displayBytes } from '../domain/bytes.ts';
import type { Rule, Verb } from '../domain/policy.ts';
import { placesMissed } from './format-strategies.ts';
import { parseNewName } from './new-name.ts';
import type { Pattern } from './pattern.ts';
import { RuleError } from './rule-error.ts';
import { strategyNames } from './strategy-names.ts';

/** Reads the attributes of a rule. Throws RuleError. */
export function parseAttributes(words: readonly ByteString[], verb: Verb, pattern: Pattern): Rule['attributes'] {
  const attributes: Record<string, string | true> = {};
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals === -1 ? word : word.slice(0, equals);
    const value = equals === -1 ? null : word.slice(equals + 1);
    if (Object.hasOwn(attributes, name))
      throw new RuleError(`"${displayBytes(word)}" is the second "${name}" of this rule`);
    attributes[name] = parseAttribute({ word, name, value }, verb, pattern);
  }
  return attributes;
}

function parseAttribute(
  { word, name, value }: { word: ByteString; name: ByteString; value: ByteString | null },
  verb: Verb,
  pattern: Pattern,
): string | true {
  if (name === 'strategy') return parseStrategy(value ?? '', pattern);
  if (name === 'class') return parseClass(value ?? '');
  if (name === 'to') return parseTo(value ?? '', verb, pattern);
  if (name !== 'required') {
    throw new RuleError(
      `unknown attribute "${displayBytes(word)}": strategy=NAME, class=NAME, to=PATH and required are allowed`,
    );
  }
  if (value !== null) throw new RuleError(`"${displayBytes(word)}": required takes no value`);
  if (verb === 'ignore') throw new RuleError('"required" belongs to persist and pin: what is ignored is not missed');
  return true;
}

function parseStrategy(value: ByteString, pattern: Pattern): string {
  if (!strategyNames.includes(value)) {
    throw new RuleError(`unknown strategy "${displayBytes(value)}": ${strategyNames.join(', ')} are allowed`);
  }
  const places = placesMissed(value, pattern);
  if (places === null) return value;
  throw new RuleError(`"strategy=${value}" knows one format, which is at these paths and no others: ${places}`);
}

function parseTo(value: ByteString, verb: Verb, pattern: Pattern): string {
  if (verb === 'persist') return parseNewName(value, pattern);
  throw new RuleError('"to" belongs to persist: what is carried can have another name, as it was changed or not');
}

function parseClass(value: ByteString): string {
  if (/^[a-z][a-z0-9-]*$/.test(value)) return value;
  throw new RuleError(
    `"class=${displayBytes(value)}": a class is lower-case letters, digits and "-", such as class=identity`,
  );
}
