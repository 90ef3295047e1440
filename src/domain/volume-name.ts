import { Failure } from './failure.ts';

/** What a person calls a volume, or a branch or tag of one. */
export type VolumeName =
  | { readonly kind: 'volume'; readonly volume: string }
  | { readonly kind: 'branch'; readonly host: string | null; readonly volume: string; readonly name: string }
  | { readonly kind: 'tag'; readonly volume: string; readonly name: string };

/** The name of a branch or a tag. */
export type ObjectName = Exclude<VolumeName, { readonly kind: 'volume' }>;

const longest = 120;

/**
 * Whether a volume, branch, tag or host may be called that: letters, digits and `. _ + : -`, a letter or digit first, at
 * most 120 bytes. The name becomes one of a directory with its record beside it, so it ends in none of `.json`,
 * `.partial` and `.migrating` (a root that is being made), and holds no `..`.
 */
export function isPartName(name: string): boolean {
  return whyNot(name) === null;
}

/** Throws Failure `name` where a volume, branch or tag may not be called that. */
export function requirePartName(name: string): void {
  const why = whyNot(name);
  if (why === null) return;
  throw new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot use the name "${name}": it ${why}`,
    advice: 'Choose one of letters, digits and . _ + : -, a letter or digit first',
  });
}

/** The name as a person gave it: `db`, `db/main`, `host/db/main` or `monday@db`. Throws Failure `name`. */
export function parseVolumeName(text: string): VolumeName {
  const [tag = '', volume, ...more] = text.split('@');
  if (more.length > 0) throw unusable(text, 'it has more than one "@"');
  if (volume !== undefined) return checked(text, { kind: 'tag', volume, name: tag });
  const parts = text.split('/');
  const [first = '', second, third] = parts;
  if (parts.length > 3) throw unusable(text, 'it has more than two "/"');
  if (second === undefined) return checked(text, { kind: 'volume', volume: first });
  if (third === undefined) return checked(text, { kind: 'branch', host: null, volume: first, name: second });
  return checked(text, { kind: 'branch', host: first, volume: second, name: third });
}

/** The same, of a branch or a tag. Throws Failure `name`. */
export function parseObjectName(text: string): ObjectName {
  const name = parseVolumeName(text);
  if (name.kind !== 'volume') return name;
  throw unusable(text, 'it names a volume, and a branch or tag is meant');
}

/** A volume, branch or tag as people call it. */
export function displayVolumeName(name: VolumeName): string {
  if (name.kind === 'volume') return name.volume;
  if (name.kind === 'tag') return `${name.name}@${name.volume}`;
  return `${name.host === null ? '' : `${name.host}/`}${name.volume}/${name.name}`;
}

function checked<Name extends VolumeName>(text: string, name: Name): Name {
  const parts = [name.volume, ...(name.kind === 'volume' ? [] : [name.name])];
  if (name.kind === 'branch' && name.host !== null) parts.push(name.host);
  for (const part of parts) {
    const why = whyNot(part);
    if (why !== null) throw unusable(text, part === text ? `it ${why}` : `"${part}" ${why}`);
  }
  return name;
}

function whyNot(name: string): string | null {
  if (name === '') return 'is empty';
  if (!/^[A-Za-z0-9]/.test(name)) return 'does not begin with a letter or digit';
  if (!/^[A-Za-z0-9._+:-]*$/.test(name)) return 'holds other characters than letters, digits and . _ + : -';
  if (name.length > longest) return `is longer than ${longest} characters`;
  if (name.includes('..')) return 'holds ".."';
  return /\.(json|partial|migrating)$/.test(name) ? 'ends as records of the store do' : null;
}

function unusable(text: string, why: string): Failure {
  return new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot use the name "${text}": ${why}`,
    advice: 'Branches are called VOLUME/BRANCH, tags TAG@VOLUME',
  });
}
