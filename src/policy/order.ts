import type { ByteString } from '../domain/bytes.ts';
import type { Rule } from '../domain/policy.ts';
import { builtInRules, firmRules, ownStateRules } from './built-in.ts';

/** The rules of one file of a policy directory, with the name it has there. */
export type PolicyFile = { readonly name: ByteString; readonly rules: readonly Rule[] };

/** The files of both directories in the order of their names; a local one replaces a shipped one of the same name. */
export function mergeDirectories(shipped: readonly PolicyFile[], local: readonly PolicyFile[]): PolicyFile[] {
  const byName = new Map<ByteString, PolicyFile>();
  for (const policy of [...shipped, ...local]) byName.set(policy.name, policy);
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** All rules in the order in which they count, with the built-in ones. */
export function orderRules(policies: readonly PolicyFile[]): Rule[] {
  return [...builtInRules, ...policies.flatMap((policy) => policy.rules), ...firmRules, ...ownStateRules];
}

/** Ordered rules with some more after all policies, which only migrate's own outrank. */
export function withRules(rules: readonly Rule[], added: readonly Rule[]): Rule[] {
  return [...rules.slice(0, rules.length - ownStateRules.length), ...added, ...ownStateRules];
}
