import type { RuleSource } from './policy.ts';

/** Where a rule stands, for a person; one that is built in, or that an option such as `--reset` made, stands in no line. */
export function placeOf({ file, line }: RuleSource): string {
  return file === 'built in' || line === 0 ? file : `${file}:${line}`;
}

/** The image's policies are known by their names; a place in full is the machine's own, which was written there. */
export function shortPlaceOf(source: RuleSource): string {
  return placeOf(source).replace('/usr/lib/migrate/policy.d/', '');
}
