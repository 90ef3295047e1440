import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Rule, Verdict } from '../domain/policy.ts';
import type { State } from './automaton.ts';
import { buildAutomaton } from './automaton.ts';
import { defaultRule } from './built-in.ts';
import type { Pattern } from './pattern.ts';
import { literalDirectory, literalPath, parsePattern } from './pattern.ts';
import type { Match } from './verdict.ts';
import { verdictOfMatches } from './verdict.ts';

/** The files that a package owns, or null where no package of that name is known. */
export type FilesOfPackage = (name: ByteString) => ReadonlySet<RootPath> | null;

/** A `required` rule, with what it takes to see whether anything matches it. */
export type RequiredRule = {
  readonly rule: Rule;
  /** All paths it can match where they are known (one path, or a package's files), else null. */
  readonly paths: ReadonlySet<RootPath> | null;
  /** The directory that every path it matches is, or lies below. */
  readonly within: RootPath;
  readonly matches: (path: RootPath) => boolean;
};

/** Rules made ready for many paths. */
export type Policy = {
  readonly rules: readonly Rule[];
  /** The `default` rule that holds where nothing else matches. */
  readonly fallback: Rule;
  /** The policy's word on a path, directory or not. Equal answers are one object. */
  readonly verdictOf: (path: RootPath) => Verdict;
  /** The rules that match a path, in their order, without `default`. */
  readonly matchesOf: (path: RootPath) => readonly Match[];
  /** Whether any rule pins: if not, unchanged paths need no verdict. */
  readonly hasPins: boolean;
  readonly requiredRules: () => readonly RequiredRule[];
  /** Where its `pin` rules can match. */
  readonly pins: () => readonly Pick<RequiredRule, 'paths' | 'within'>[];
};

type Compiled = { readonly rule: Rule; readonly pattern: Pattern; readonly exact: boolean };
type Finder = (path: RootPath) => { readonly key: string | number; readonly rules: readonly number[] };

/** Makes rules, in their order (see `orderRules`), ready for `verdictOf`. The rules come from `parsePolicy`. */
export function compilePolicy(rules: readonly Rule[], packages: FilesOfPackage): Policy {
  const compiled = rules.filter((rule) => rule.verb !== 'default').map(compileRule);
  const fallback = rules.findLast((rule) => rule.verb === 'default') ?? defaultRule;
  const find = buildFinder(compiled, packages);
  const matchesOf = (path: RootPath): Match[] => matchesAt(compiled, find(path).rules);
  const verdicts = new Map<string | number, Verdict>();
  const verdictOf = (path: RootPath): Verdict => {
    const { key, rules: matched } = find(path);
    const known = verdicts.get(key);
    if (known !== undefined) return known;
    const verdict = verdictOfMatches(matchesAt(compiled, matched), fallback);
    verdicts.set(key, verdict);
    return verdict;
  };
  const required = compiled.filter(({ rule }) => rule.attributes['required'] === true);
  return {
    rules,
    fallback,
    verdictOf,
    matchesOf,
    hasPins: rules.some((rule) => rule.verb === 'pin'),
    requiredRules: () => required.map((one) => requiredRule(one, packages, matchesOf)),
    pins: () => compiled.filter(({ rule }) => rule.verb === 'pin').map((one) => requiredRule(one, packages, matchesOf)),
  };
}

function compileRule(rule: Rule): Compiled {
  const pattern = parsePattern(rule.pattern);
  return { rule, pattern, exact: literalPath(pattern) !== null };
}

function matchesAt(compiled: readonly Compiled[], places: readonly number[]): Match[] {
  return places.flatMap((place) => {
    const found = compiled[place];
    return found === undefined ? [] : [{ rule: found.rule, exact: found.exact }];
  });
}

// Packages hold many paths and no wildcards: a map beside the automaton is smaller and quicker than states.
function buildFinder(compiled: readonly Compiled[], packages: FilesOfPackage): Finder {
  const automaton = buildAutomaton(
    compiled.flatMap(({ pattern }, rule) => (pattern.kind === 'path' ? [{ rule, pattern }] : [])),
  );
  const owned = new Map<RootPath, number[]>();
  for (const [rule, { pattern }] of compiled.entries()) {
    if (pattern.kind === 'path') continue;
    for (const path of packages(pattern.name) ?? []) owned.set(path, [...(owned.get(path) ?? []), rule]);
  }
  return (path) => {
    const state = automaton.stateOf(path);
    const extra = owned.size === 0 ? undefined : owned.get(path);
    return extra === undefined ? { key: state.id, rules: state.matched } : withPackages(state, extra);
  };
}

function withPackages(state: State, owning: readonly number[]): ReturnType<Finder> {
  return { key: `${state.id} ${owning.join(' ')}`, rules: [...state.matched, ...owning].sort((a, b) => a - b) };
}

function requiredRule(
  { rule, pattern }: Compiled,
  packages: FilesOfPackage,
  matchesOf: Policy['matchesOf'],
): RequiredRule {
  const literal = literalPath(pattern);
  const packagePaths = pattern.kind === 'package' ? (packages(pattern.name) ?? new Set<RootPath>()) : null;
  return {
    rule,
    paths: literal === null ? packagePaths : new Set([literal]),
    within: literalDirectory(pattern),
    matches: (path) => matchesOf(path).some((match) => match.rule === rule),
  };
}
