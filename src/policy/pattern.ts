import type { ByteString } from '../domain/bytes.ts';
import { displayBytes } from '../domain/bytes.ts';
import type { Component } from './component.ts';
import { parseComponent } from './component.ts';
import { RuleError } from './rule-error.ts';

/** A rule's pattern: the files of a package, or a glob over paths. */
export type Pattern =
  | { readonly kind: 'package'; readonly name: ByteString }
  | {
      readonly kind: 'path';
      readonly components: readonly Component[];
      /** Whether everything below what the components match is meant too. */
      readonly below: boolean;
    };

const anyName: Component = { kind: 'glob', tokens: ['star'] };

/**
 * Reads a pattern. `*` and `?` stay inside one component, `**` as a whole component stands for any number of them
 * (for at least one at the end: `/a/**` is everything below `/a`), a `/` at the end means the directory and everything
 * below it, `\` takes the meaning from the byte after it, and `\n`, `\t` and `\xHH` write a byte. Throws RuleError.
 */
export function parsePattern(word: ByteString): Pattern {
  if (word.startsWith('pkg:')) return { kind: 'package', name: parsePackageName(word.slice('pkg:'.length)) };
  if (!word.startsWith('/')) throw new RuleError('a pattern starts with "/" or "pkg:"');
  if (word.includes('\0')) throw new RuleError('no path holds a NUL byte');
  if (word === '/') return { kind: 'path', components: [], below: true };
  const parts = word.slice(1).split('/');
  const trailingSlash = parts.at(-1) === '';
  if (trailingSlash) parts.pop();
  return withFinalStars(parts.map(parseComponent), trailingSlash);
}

/** The one path that the pattern names, or null where it may match another too. */
export function literalPath(pattern: Pattern): ByteString | null {
  if (pattern.kind === 'package' || pattern.below) return null;
  let path = '';
  for (const component of pattern.components) {
    if (component.kind !== 'literal') return null;
    path += `/${component.name}`;
  }
  return path;
}

/** The deepest directory that every path the pattern matches is, or lies below. */
export function literalDirectory(pattern: Pattern): ByteString {
  if (pattern.kind === 'package') return '/';
  let path = '';
  for (const component of pattern.components) {
    if (component.kind !== 'literal') break;
    path += `/${component.name}`;
  }
  return path === '' ? '/' : path;
}

// `**` at the end is one name of any form and everything below that: `/a/**` does not match `/a`.
function withFinalStars(components: readonly Component[], trailingSlash: boolean): Pattern {
  if (components.at(-1)?.kind !== 'deep') return { kind: 'path', components, below: trailingSlash };
  return { kind: 'path', components: [...components.slice(0, -1), anyName], below: true };
}

function parsePackageName(name: ByteString): ByteString {
  if (name === '') throw new RuleError('"pkg:" needs the name of a package after it');
  if (/^[A-Za-z0-9][A-Za-z0-9+._~:-]*$/.test(name)) return name;
  throw new RuleError(
    `"${displayBytes(name)}" is not the name of a package: letters, digits and "+._~:-" are allowed, and no wildcards`,
  );
}
