import type { RootPath } from '../domain/path.ts';
import { childOf } from '../domain/path.ts';
import type { Rule } from '../domain/policy.ts';
import type { Policy, RequiredRule } from '../policy/compile.ts';
import type { Files } from '../system/files.ts';

/** The required rules that nothing on the machine matches. */
export function unmatchedRules(policy: Policy, ours: Files): Rule[] {
  return policy
    .requiredRules()
    .filter((required) => !isMatched(required, ours))
    .map(({ rule }) => rule);
}

function isMatched({ paths, within, matches }: RequiredRule, ours: Files): boolean {
  if (paths !== null) return paths.values().some((path) => ours.status(path) !== null);
  return existsMatching(ours, within, matches);
}

function existsMatching(ours: Files, path: RootPath, matches: RequiredRule['matches']): boolean {
  const status = ours.status(path);
  if (status === null) return false;
  if (matches(path)) return true;
  if (status.type !== 'directory') return false;
  return ours.list(path).some((name) => existsMatching(ours, childOf(path, name), matches));
}
