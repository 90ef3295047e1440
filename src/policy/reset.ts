import { type ByteString, displayBytes } from '../domain/bytes.ts';
import type { Unreadable } from '../domain/change.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import type { Rule, Verdict } from '../domain/policy.ts';
import { accountNumbers, beginsAnew, type Reset, storeMount } from '../domain/reset.ts';
import { compilePolicy, type FilesOfPackage, type Policy } from './compile.ts';
import { parsePolicy } from './parse.ts';
import { literalDirectory, parsePattern } from './pattern.ts';

/** What a reset is decided by, besides its policy. */
export type ResetOf = {
  readonly reset: Reset;
  readonly packages: FilesOfPackage;
  /** Those that the machine and the image declare. */
  readonly volumes: readonly Pick<DeclaredVolume, 'mountPoint' | 'class'>[];
};

/**
 * The policy of a reset: what it takes back to the image is ignored, but for the classes and patterns that are kept. What
 * the policy leaves to the image anyway stays left to it. Throws Failure `unknown-class`, or `policy-syntax` for a
 * pattern that cannot be read.
 */
export function resetPolicy(policy: Policy, { reset, packages, volumes }: ResetOf): Policy {
  const isKept = keeping(policy, reset.keep, packages);
  const isReset = resetting(reset, volumes);
  const verdicts = new Map<Verdict, Verdict>();
  const verdictOf = (path: RootPath): Verdict => {
    const verdict = policy.verdictOf(path);
    if (!isReset(path) || isKept(path, verdict)) return verdict;
    const strategy = inPart(path, reset);
    if (strategy !== null) return takenInPart(verdict, resetRules[reset.mode], strategy);
    const known = verdicts.get(verdict);
    if (known !== undefined) return known;
    const taken: Verdict = { ...verdict, verb: 'ignore', rule: resetRules[reset.mode], exact: true };
    verdicts.set(verdict, taken);
    return taken;
  };
  // What a reset takes back is not missed: required rules speak of updates.
  return { ...policy, verdictOf, requiredRules: () => [] };
}

/** What is taken back to the image but for something of the machine's, and how. */
function inPart(path: RootPath, { mode }: Reset): string | null {
  // No reset does away with the store.
  if (path === '/etc/fstab') return storeMount;
  // Who owns the data that stays is told by the numbers of accounts.
  return mode !== 'total' && (path === '/etc/passwd' || path === '/etc/group') ? accountNumbers : null;
}

function takenInPart(verdict: Verdict, rule: Rule, name: string): Verdict {
  return { ...verdict, verb: 'ignore', rule, exact: true, strategy: { name, rule, exact: true } };
}

/** Whether a verdict of `resetPolicy` takes the path back to the image, whatever an update would do with it. */
export function isTakenBack({ rule }: Verdict): boolean {
  return Object.values(resetRules).includes(rule);
}

/** Whether a verdict of `resetPolicy` makes a file of the image's accounts with the numbers of the machine. */
export function hasNumbersOfOurs({ strategy }: Verdict): boolean {
  return strategy?.name === accountNumbers;
}

/**
 * Whether a reset goes on without what cannot be read, by its policy: what it takes back to the image anyway. A damaged root
 * is what a reset is asked for; what is kept of it waits for a word, also where all else is destroyed.
 */
export function isGivenUp(policy: Policy, reset: Reset, { path, side }: Pick<Unreadable, 'path' | 'side'>): boolean {
  if (side === 'theirs') return false;
  const verdict = policy.verdictOf(path);
  return isTakenBack(verdict) && !hasNumbersOfOurs(verdict) && !mayKeepBelow(policy, reset, path);
}

/** Whether a reset may keep anything at or below a directory. Where it cannot, nobody has to look there. */
export function mayKeepBelow({ rules }: Policy, { keep }: Reset, directory: RootPath): boolean {
  const classes = new Set(keep.filter((word) => !isPattern(word)));
  const ofClasses = rules.filter(({ attributes }) => classes.has(attributes['class']?.toString() ?? ''));
  const patterns = [...keep.filter(isPattern), ...ofClasses.map(({ pattern }) => pattern)];
  return patterns.some((pattern) => {
    const within = literalDirectory(parsePattern(pattern));
    return within === directory || isBelow(within, directory) || isBelow(directory, within);
  });
}

const resetRules: Readonly<Record<Reset['mode'], Rule>> = {
  config: ruleOf('/etc/**', 'the reset takes the settings of the image'),
  system: ruleOf('/**', 'the reset takes all of the image'),
  total: ruleOf('/**', 'the reset takes all of the image'),
};

function ruleOf(pattern: ByteString, reason: string): Rule {
  return { verb: 'ignore', pattern, attributes: {}, source: { file: 'reset', line: 0 }, reason };
}

/** Settings are what lies in /etc and in volumes of settings; what is in a volume of another class belongs to that. */
function resetting(reset: Reset, volumes: ResetOf['volumes']): (path: RootPath) => boolean {
  if (reset.mode !== 'config') return () => true;
  const innerFirst = volumes.toSorted((a, b) => b.mountPoint.length - a.mountPoint.length);
  return (path) => {
    const volume = innerFirst.find(({ mountPoint }) => path === mountPoint || isBelow(path, mountPoint));
    return volume === undefined ? path === '/etc' || isBelow(path, '/etc') : beginsAnew(reset, volume);
  };
}

function keeping(
  policy: Policy,
  keep: readonly ByteString[],
  packages: FilesOfPackage,
): (path: RootPath, verdict: Verdict) => boolean {
  const classes = new Set(keep.filter((word) => !isPattern(word)));
  refuseUnknown(classes, policy);
  const text = keep.filter(isPattern).map((pattern) => `persist ${pattern}\n`);
  const patterns = compilePolicy(parsePolicy(text.join(''), '--keep'), packages);
  return (path, verdict) =>
    (verdict.class !== null && classes.has(verdict.class)) || patterns.matchesOf(path).length > 0;
}

function isPattern(word: ByteString): boolean {
  return word.startsWith('/') || word.startsWith('pkg:');
}

/** A class that is misspelt would keep nothing. */
function refuseUnknown(classes: ReadonlySet<ByteString>, { rules }: Policy): void {
  const known = new Set(rules.flatMap(({ attributes }) => attributes['class'] ?? []));
  for (const name of classes) {
    if (known.has(name)) continue;
    throw new Failure({
      code: 'unknown-class',
      kind: 'input',
      message: `Cannot keep "${displayBytes(name)}": no rule of the policy has that class`,
      advice: `Classes are ${[...known].sort().join(', ') || 'none'}; a pattern such as /etc/ssh/** is kept by --keep as well`,
    });
  }
}
