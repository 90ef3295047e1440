import type { RuleSource } from '../domain/policy.ts';

/** Paths longer than this do not push the reasons of all others to the right. */
const widestColumn = 44;

/** The width at which what follows the paths begins. */
export function columnOf(paths: readonly string[]): number {
  return Math.max(...paths.map(({ length }) => length).filter((length) => length <= widestColumn), 0);
}

/** Where a rule stands; one that an option made, such as `--reset`, stands in no line. */
export function placeOf({ file, line }: RuleSource): string {
  return file === 'built in' || line === 0 ? file : `${file}:${line}`;
}

/** The image's policies are known by their names; a place in full is the machine's own, which was written there. */
export function shortPlaceOf(source: RuleSource): string {
  return placeOf(source).replace('/usr/lib/migrate/policy.d/', '');
}
