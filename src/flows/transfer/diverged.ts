import { Failure } from '../../domain/failure.ts';
import type { Divergence } from '../../transfer/plan-transfer.ts';
import type { TravellingTag } from '../../transfer/travelling-tag.ts';

/** Two stores that went on from a common tag in two ways; neither is overwritten (case 123). */
export function divergedFailure(what: string, { common, ours, theirs }: Divergence, advice: string): Failure {
  const since = common === null ? 'they have no tag in common' : `the last tag that both have is ${nameOf(common)}`;
  return new Failure({
    code: 'diverged',
    kind: 'failed',
    message: `${what}: it has diverged; ${since}, here came ${namesOf(ours)}, there ${namesOf(theirs)}`,
    advice,
  });
}

function namesOf(tags: readonly TravellingTag[]): string {
  const names = tags.map(nameOf);
  if (names.length === 0) return 'nothing';
  return names.length <= 3 ? names.join(', ') : `${names.slice(0, 3).join(', ')} and ${names.length - 3} more`;
}

/** Of several stores tags may have one name; what is not made yet has no uuid. */
function nameOf({ name, uuid }: TravellingTag): string {
  return uuid === '' ? name : `${name} (${uuid.slice(0, 8)})`;
}
