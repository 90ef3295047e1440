import type { RootPath } from '../domain/path.ts';
import type { Decides, Explanation } from '../domain/policy.ts';
import type { Policy } from './compile.ts';
import type { Match } from './verdict.ts';
import { lastWith } from './verdict.ts';

const attributes = ['strategy', 'class', 'required'] as const;

/** All rules that match a path, and which of them decided what. */
export function explainPath(policy: Policy, path: RootPath): Explanation {
  const matches = policy.matchesOf(path);
  const all: readonly Match[] = [{ rule: policy.fallback, exact: false }, ...matches];
  return {
    path,
    verdict: policy.verdictOf(path),
    rules: all.map((match) => ({ ...match, decides: decidedBy(match, all) })),
  };
}

function decidedBy(match: Match, all: readonly Match[]): Decides[] {
  const set = attributes.filter((attribute) => lastWith(all, attribute)?.match === match);
  return match === all.at(-1) ? ['verb', ...set] : set;
}
