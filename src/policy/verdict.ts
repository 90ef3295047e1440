import type { Rule, Verb, Verdict } from '../domain/policy.ts';

/** A rule that matches a path, and whether it names exactly that path. */
export type Match = { readonly rule: Rule; readonly exact: boolean };

/** The verdict of the rules that match a path, in their order; `fallback` is the `default` rule that holds. */
export function verdictOfMatches(matches: readonly Match[], fallback: Rule): Verdict {
  const deciding = matches.at(-1) ?? { rule: fallback, exact: false };
  const strategy = lastWith(matches, 'strategy');
  const itsClass = lastWith(matches, 'class');
  return {
    verb: verbOf(deciding.rule),
    rule: deciding.rule,
    exact: deciding.exact,
    strategy: strategy && { name: strategy.value, rule: strategy.match.rule, exact: strategy.match.exact },
    class: itsClass?.value ?? null,
  };
}

/** The last match that sets the attribute, with its value. */
export function lastWith(matches: readonly Match[], attribute: string): { match: Match; value: string } | null {
  const match = matches.findLast(({ rule }) => rule.attributes[attribute] !== undefined);
  const value = match?.rule.attributes[attribute];
  return match === undefined || value === undefined ? null : { match, value: value === true ? '' : value };
}

function verbOf(rule: Rule): Verb {
  if (rule.verb !== 'default') return rule.verb;
  return rule.pattern === 'ignore' ? 'ignore' : 'persist';
}
