import type { ByteString } from '../domain/bytes.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import type { Rule, Verdict } from '../domain/policy.ts';
import type { PackageFileClass } from '../domain/shipped.ts';
import type { PackageDatabase } from '../packages/package-database.ts';
import type { Policy } from '../policy/compile.ts';
import { policyDirectories } from './load-policy.ts';

type Sides = Readonly<Record<'ours' | 'theirs', readonly PackageDatabase[]>>;

/**
 * What packages say of their files beyond the path (case 62), as rules. A setting in /usr of either version is carried
 * although its directory is the image's; what the new version's package declares in /etc as made while it is used is not
 * carried. The class may change between versions: a setting of either is one. The machine's own rules, those that name
 * the exact path, classes of what belongs together and built-in rules stay in force.
 */
export function packageClassRules({ verdictOf }: Policy, { ours, theirs }: Sides): Rule[] {
  const settings = pathsOf([...ours, ...theirs], 'configuration');
  const ghosts = pathsOf(theirs, 'ghost').difference(settings);
  return [
    ...[...settings].filter((path) => isBelow(path, '/usr') && isLeft(verdictOf(path))).map(settingRule),
    ...[...ghosts].filter((path) => isBelow(path, '/etc') && isCarried(verdictOf(path))).map(ghostRule),
  ];
}

/** Only rpm's databases have classes that the path does not tell: dpkg's settings lie in /etc (Debian Policy 10.7.2). */
function pathsOf(databases: readonly PackageDatabase[], wanted: PackageFileClass): Set<RootPath> {
  const rpm = databases.filter(({ kind }) => kind === 'rpm');
  return new Set(rpm.flatMap((database) => [...database.pathsOf(wanted)]));
}

function isLeft(verdict: Verdict): boolean {
  return verdict.verb === 'ignore' && isBroad(verdict);
}

function isCarried(verdict: Verdict): boolean {
  const isBuiltIn = verdict.strategy?.rule.firm === true;
  return verdict.verb === 'persist' && verdict.class === null && !isBuiltIn && isBroad(verdict);
}

/** A rule of the image for many paths at once, or none at all. */
function isBroad({ rule, exact }: Verdict): boolean {
  return !exact && (rule.verb === 'default' || rule.source.file.startsWith(`${policyDirectories.image}/`));
}

function settingRule(path: RootPath): Rule {
  return { ...ruleFor('persist', path, 'a setting of its package'), attributes: { strategy: 'merge' } };
}

function ghostRule(path: RootPath): Rule {
  return ruleFor('ignore', path, 'its package makes it while it is used');
}

function ruleFor(verb: Rule['verb'], path: RootPath, reason: string): Rule {
  const source = { file: 'built in', line: 0 };
  return { verb, pattern: literalPattern(path), attributes: {}, source, reason };
}

/** The path as a pattern without a wildcard. */
function literalPattern(path: RootPath): ByteString {
  return path.replace(/[\\*?]/g, '\\$&');
}
