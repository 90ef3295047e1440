import type { Decides, Rule, Verb, Verdict } from '../domain/policy.ts';
import { renameOf } from './new-name.ts';

/** A rule that matches a path, and whether it names exactly that path. */
export type Match = { readonly rule: Rule; readonly exact: boolean };

/** The verdict of the rules that match a path, in their order; `fallback` is the `default` rule that holds. */
export function verdictOfMatches(matches: readonly Match[], fallback: Rule): Verdict {
  const deciding = decidingMatch(matches, 'verb') ?? { rule: fallback, exact: false };
  const strategy = decidingMatch(matches, 'strategy');
  const renaming = decidingMatch(matches, 'to');
  return {
    verb: verbOf(deciding.rule),
    rule: deciding.rule,
    exact: deciding.exact,
    strategy: strategy && { name: textOf(strategy, 'strategy'), rule: strategy.rule, exact: strategy.exact },
    class: textOf(decidingMatch(matches, 'class'), 'class') || null,
    to: renaming && renameOf(renaming.rule),
  };
}

/**
 * The match that decides the verb or an attribute: the last one that sets it. Where a firm rule sets it, only the last of
 * those that name the exact path can take its place.
 */
export function decidingMatch(matches: readonly Match[], what: Decides): Match | null {
  const able = matches.filter(({ rule }) => sets(rule, what));
  const firm = able.findLast(({ rule }) => rule.firm === true);
  if (firm === undefined) return able.at(-1) ?? null;
  return able.findLast(({ rule, exact }) => exact && rule.firm !== true) ?? firm;
}

function sets(rule: Rule, what: Decides): boolean {
  return what === 'verb' ? rule.verb !== 'attributes' : rule.attributes[what] !== undefined;
}

function textOf(match: Match | null, attribute: string): string {
  const value = match?.rule.attributes[attribute];
  return typeof value === 'string' ? value : '';
}

function verbOf({ verb, pattern }: Rule): Verb {
  if (verb === 'persist' || verb === 'ignore' || verb === 'pin') return verb;
  return pattern === 'ignore' ? 'ignore' : 'persist';
}
