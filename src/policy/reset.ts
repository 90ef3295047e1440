import { type ByteString, displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { isBelow, type RootPath } from '../domain/path.ts';
import type { Rule, Verdict } from '../domain/policy.ts';
import type { Reset } from '../domain/reset.ts';
import { compilePolicy, type FilesOfPackage, type Policy } from './compile.ts';
import { parsePolicy } from './parse.ts';

/**
 * The policy of a reset: what it takes back to the image is ignored, but for the classes and patterns that are kept. What
 * the policy leaves to the image anyway stays left to it. Throws Failure `unknown-class`, or `policy-syntax` for a
 * pattern that cannot be read.
 */
export function resetPolicy(policy: Policy, reset: Reset, packages: FilesOfPackage): Policy {
  const isKept = keeping(policy, reset.keep, packages);
  const verdicts = new Map<Verdict, Verdict>();
  const verdictOf = (path: RootPath): Verdict => {
    const verdict = policy.verdictOf(path);
    if (!isReset(path, reset) || isKept(path, verdict)) return verdict;
    const known = verdicts.get(verdict);
    if (known !== undefined) return known;
    const taken: Verdict = { ...verdict, verb: 'ignore', rule: resetRules[reset.mode], exact: true };
    verdicts.set(verdict, taken);
    return taken;
  };
  // What a reset takes back is not missed: required rules speak of updates.
  return { ...policy, verdictOf, requiredRules: () => [] };
}

const resetRules: Readonly<Record<Reset['mode'], Rule>> = {
  config: ruleOf('/etc/**', 'the reset takes the settings of the image'),
  system: ruleOf('/**', 'the reset takes all of the image'),
};

function ruleOf(pattern: ByteString, reason: string): Rule {
  return { verb: 'ignore', pattern, attributes: {}, source: { file: 'reset', line: 0 }, reason };
}

function isReset(path: RootPath, { mode }: Reset): boolean {
  return mode === 'system' || path === '/etc' || isBelow(path, '/etc');
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
