import type { RootPath } from '../domain/path.ts';
import type { Decides, Explanation } from '../domain/policy.ts';
import type { Policy } from './compile.ts';
import type { Match } from './verdict.ts';
import { decidingMatch } from './verdict.ts';

const decidable: readonly Decides[] = ['verb', 'strategy', 'class', 'required', 'to'];

/** All rules that match a path, and which of them decided what. */
export function explainPath(policy: Policy, path: RootPath): Explanation {
  const matches = policy.matchesOf(path);
  const all: readonly Match[] = [{ rule: policy.fallback, exact: false }, ...matches];
  return {
    path,
    verdict: policy.verdictOf(path),
    rules: all.map((match) => ({ ...match, decides: decidable.filter((what) => decidingMatch(all, what) === match) })),
  };
}
