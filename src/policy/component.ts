import type { ByteString } from '../domain/bytes.ts';
import type { Token } from './glob.ts';
import { RuleError } from './rule-error.ts';

/** One component of a pattern; `deep` is `**`. */
export type Component =
  | { readonly kind: 'literal'; readonly name: ByteString }
  | { readonly kind: 'glob'; readonly tokens: readonly Token[] }
  | { readonly kind: 'deep' };

type Byte = { readonly code: number; readonly next: number };

/** Reads one component of a pattern (no `/` in it). Throws RuleError. */
export function parseComponent(text: ByteString): Component {
  if (text === '') throw new RuleError('"//" names nothing: write one "/"');
  if (text === '**') return { kind: 'deep' };
  if (text.includes('**')) throw new RuleError('"**" must be a whole component, as in "/a/**/b"; inside one write "*"');
  const tokens = parseTokens(text);
  const name = literalName(tokens);
  if (name === '.' || name === '..')
    throw new RuleError(`"${name}" is no component of a pattern: write the path itself`);
  return name === null ? { kind: 'glob', tokens } : { kind: 'literal', name };
}

function literalName(tokens: readonly Token[]): ByteString | null {
  let name = '';
  for (const token of tokens) {
    if (typeof token !== 'number') return null;
    name += String.fromCharCode(token);
  }
  return name;
}

function parseTokens(text: ByteString): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text[index];
    if (character === '*') tokens.push('star');
    if (character === '?') tokens.push('one');
    if (character === '*' || character === '?') {
      index++;
      continue;
    }
    const parsed = character === '[' ? parseSet(text, index + 1) : parseByte(text, index);
    tokens.push('set' in parsed ? parsed.set : parsed.code);
    index = parsed.next;
  }
  return tokens;
}

function parseByte(text: ByteString, index: number): Byte {
  if (text[index] !== '\\') return { code: text.charCodeAt(index), next: index + 1 };
  const escaped = text[index + 1];
  if (escaped === undefined) throw new RuleError('a "\\" at the end escapes nothing: write "\\\\" for a backslash');
  if (escaped === 'n') return { code: 0x0a, next: index + 2 };
  if (escaped === 't') return { code: 0x09, next: index + 2 };
  if (escaped === 'x') return parseHexadecimal(text, index + 2);
  if (/[A-Za-z0-9]/.test(escaped)) {
    throw new RuleError(
      `"\\${escaped}" means nothing: "\\n", "\\t", "\\xHH" and "\\" before a special character are allowed`,
    );
  }
  return { code: escaped.charCodeAt(0), next: index + 2 };
}

function parseHexadecimal(text: ByteString, index: number): Byte {
  const digits = text.slice(index, index + 2);
  if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new RuleError('"\\x" needs two hexadecimal digits, as in "\\xff"');
  const code = Number.parseInt(digits, 16);
  if (code === 0 || code === 0x2f) throw new RuleError(`no name holds the byte "\\x${digits}"`);
  return { code, next: index + 2 };
}

// A `]` that comes first is a member, as in the shell.
function parseSet(text: ByteString, start: number): { set: Uint8Array; next: number } {
  const negated = text[start] === '!' || text[start] === '^';
  const first = negated ? start + 1 : start;
  const members = new Uint8Array(256);
  let index = first;
  while (text[index] !== ']' || index === first) {
    if (index >= text.length) throw new RuleError('"[" is not closed: write "[abc]", or "\\[" for the character');
    index = addMembers(members, text, index);
  }
  return { set: negated ? members.map((member) => 1 - member) : members, next: index + 1 };
}

function addMembers(members: Uint8Array, text: ByteString, index: number): number {
  const low = parseByte(text, index);
  const isRange = text[low.next] === '-' && low.next + 1 < text.length && text[low.next + 1] !== ']';
  const high = isRange ? parseByte(text, low.next + 1) : low;
  if (high.code < low.code) {
    throw new RuleError(`"${text.slice(index, high.next)}" runs backwards: the lower end of a range comes first`);
  }
  members.fill(1, low.code, high.code + 1);
  return high.next;
}
