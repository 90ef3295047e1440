import type { ByteString } from '../domain/bytes.ts';
import { displayBytes } from '../domain/bytes.ts';
import { isBelow } from '../domain/path.ts';
import type { Rename, Rule } from '../domain/policy.ts';
import { literalDirectory, literalPath, type Pattern, parsePattern } from './pattern.ts';
import { RuleError } from './rule-error.ts';

/** One file or directory that a word names; directories have a `/` at their end. */
type Name = { readonly path: ByteString; readonly kind: 'file' | 'directory' };

const example = 'persist /etc/old/ to=/etc/new/';

/** Checks the value of `to=` against the pattern of its rule, and returns it. Throws RuleError. */
export function parseNewName(value: ByteString, pattern: Pattern): ByteString {
  const shown = `"to=${displayBytes(value)}"`;
  const [from, to] = [nameOf(pattern), value.startsWith('/') ? nameOf(parsePattern(value)) : null];
  if (to === null) throw new RuleError(`${shown}: the new name is one absolute path, without wildcards: ${example}`);
  if (from === null) throw new RuleError(`${shown}: the old name is one path, without wildcards: ${example}`);
  if (from.kind !== to.kind) {
    throw new RuleError(`${shown}: a directory has a "/" at its end under both names, a file under none: ${example}`);
  }
  if (from.path === to.path || isBelow(to.path, from.path)) {
    throw new RuleError(`${shown}: the new name is, or lies below, the old one`);
  }
  return value;
}

/** What a rule with `to=` renames. */
export function renameOf(rule: Rule): Rename {
  const [from, to] = [rule.pattern, rule.attributes['to']].map((word) =>
    typeof word === 'string' ? nameOf(parsePattern(word)) : null,
  );
  if (from == null || to == null) throw new Error(`The rule on ${rule.pattern} renames nothing`);
  return { from: from.path, to: to.path, rule };
}

function nameOf(pattern: Pattern): Name | null {
  const path = literalPath(pattern);
  if (path !== null) return { path, kind: 'file' };
  if (pattern.kind === 'package' || !pattern.below) return null;
  const whole = pattern.components.length > 0 && pattern.components.every(({ kind }) => kind === 'literal');
  return whole ? { path: literalDirectory(pattern), kind: 'directory' } : null;
}
