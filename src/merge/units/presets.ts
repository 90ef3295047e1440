import type { ByteString } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Scope } from './scope.ts';
import type { Tree } from './tree.ts';
import { instanceOf, isTemplate, templateOf, withInstance } from './unit-name.ts';

/** A line of a preset file. */
export type PresetRule = {
  readonly action: 'enable' | 'disable' | 'ignore';
  readonly pattern: ByteString;
  /** What the pattern matches. */
  readonly matches: RegExp;
  /** Instances to enable of a template that is named without a wildcard. */
  readonly instances: readonly ByteString[];
};

/** What presets say of a unit; for a template with the instances to enable. */
export type Preset = { readonly action: PresetRule['action']; readonly instances: readonly ByteString[] };

/** The rules of all preset files in the order in which they hold: by file name, the first directory of a name winning. */
export function presetRulesOf(tree: Tree, scope: Scope): readonly PresetRule[] {
  const files = new Map<ByteString, RootPath>();
  for (const directory of scope.presets) {
    for (const name of tree.names(directory)) {
      if (name.endsWith('.preset') && !files.has(name)) files.set(name, childOf(directory, name));
    }
  }
  const ordered = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  return ordered.flatMap(([, path]) => parsePresets(tree.content(path) ?? ''));
}

/** The rules of one preset file (systemd.preset(5)); lines that are none are passed over, as systemd does. */
export function parsePresets(content: ByteString): PresetRule[] {
  return content.split('\n').flatMap((line): PresetRule[] => {
    const [action, pattern, ...instances] = line.trim().split(/\s+/);
    if (pattern === undefined) return [];
    if (action !== 'enable' && action !== 'disable' && action !== 'ignore') return [];
    return [{ action, pattern, matches: globOf(pattern), instances: action === 'enable' ? instances : [] }];
  });
}

/** What the first rule that matches the unit says; without one it is enabled. */
export function presetOf(rules: readonly PresetRule[], unit: ByteString): Preset {
  for (const { action, pattern, matches, instances } of rules) {
    if (instances.length > 0 && pattern === (templateOf(unit) ?? unit)) {
      if (isTemplate(unit)) return { action, instances };
      if (instances.includes(instanceOf(unit) ?? '')) return { action, instances: [] };
    } else if (matches.test(unit)) {
      return { action, instances: [] };
    }
  }
  return { action: 'enable', instances: [] };
}

/** The units to enable where presets say that this one is: itself, or the instances that its rule names. */
export function unitsToEnable(unit: ByteString, { instances }: Preset): readonly ByteString[] {
  return instances.length === 0 ? [unit] : instances.map((instance) => withInstance(unit, instance));
}

/** A shell wildcard pattern as fnmatch(3) takes it without escapes. */
function globOf(pattern: ByteString): RegExp {
  const source = pattern.replace(/\[!?\]?[^\]]*\]|[\s\S]/g, (part) => {
    if (part === '*') return '[\\s\\S]*';
    if (part === '?') return '[\\s\\S]';
    return part.length > 1 ? bracketOf(part) : part.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  return new RegExp(`^${source}$`);
}

/** One character of a set such as `[a-z]` or `[!0-9]`; a range whose end comes before its start holds none. */
function bracketOf(bracket: ByteString): string {
  const [, not, members] = /^\[(!?)([\s\S]*)\]$/.exec(bracket) ?? ['', '', ''];
  const parts = (members ?? '').match(/[\s\S]-[\s\S]|[\s\S]/g) ?? [];
  const valid = parts.filter((part) => part.length === 1 || part.charCodeAt(0) <= part.charCodeAt(2));
  const set = valid.map((part) => part.replace(/[\\\]^[]/g, '\\$&').replace(/^-$/, '\\-')).join('');
  return not === '!' ? `[^${set}]` : `[${set}]`;
}
