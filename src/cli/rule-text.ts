import { displayBytes } from '../domain/bytes.ts';
import type { Rule } from '../domain/policy.ts';

/** A rule as it is written in a policy, without its comment. */
export function ruleText({ verb, pattern, attributes }: Pick<Rule, 'verb' | 'pattern' | 'attributes'>): string {
  const words = Object.entries(attributes).map(([name, value]) => (value === true ? name : `${name}=${value}`));
  return [verb, shownPattern(pattern), ...words].join(' ');
}

/** A pattern is written with backslashes of its own, which showing bytes would double. */
export function shownPattern(pattern: string): string {
  return displayBytes(pattern).replaceAll('\\\\', '\\');
}
