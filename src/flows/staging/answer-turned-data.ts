import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { ItemDraft } from '../../domain/item.ts';
import type { RootPath } from '../../domain/path.ts';
import type { Turn } from './trees-of-turn.ts';
import type { DataAnswer, TurnedData } from './turn-data.ts';

/** What a person says of data that would be turned back. */
export type DataAnswers = {
  /** Of whatever it can be said of; null for nothing. */
  readonly data: DataAnswer | null;
  /** Of single places, whatever is said of the others. */
  readonly dataAt?: ReadonlyMap<RootPath, DataAnswer>;
};

/** Which items are answered, by their places, and which are not. */
export type AnsweredData = {
  readonly answers: ReadonlyMap<RootPath, DataAnswer>;
  readonly waiting: readonly ItemDraft[];
};

const none: ReadonlyMap<RootPath, DataAnswer> = new Map();

/**
 * What is said of all data holds where it can hold: what lies in a root is kept by no answer, and waits for one of its own.
 * Throws Failure `no-data-there` where a place is named at which no data lies, and `data-in-root` where one is to
 * be kept that is in no branch: whether anything differs there or not, nothing would keep it.
 */
export function answerTurnedData(
  { items, places, shared }: TurnedData,
  { data, dataAt = none }: DataAnswers,
  turn: Turn,
): AnsweredData {
  const unknown = [...dataAt.keys()].find((place) => !places.includes(place));
  if (unknown !== undefined) throw noDataThere(unknown, places);
  const canKeep = new Set([...shared, ...items.filter((item) => offers(item, 'keep')).map(({ subject }) => subject)]);
  const notKept = [...dataAt].find(([place, answer]) => answer === 'keep' && !canKeep.has(place));
  if (notKept !== undefined) throw inRoot(notKept[0], turn);
  const found = items.map((item) => {
    const own = dataAt.get(item.subject) ?? null;
    const answer = own ?? (data !== null && offers(item, data) ? data : null);
    return { item, answer };
  });
  return {
    answers: new Map(found.flatMap(({ item, answer }) => (answer === null ? [] : [[item.subject, answer]]))),
    waiting: found.flatMap(({ item, answer }) => (answer === null ? [item] : [])),
  };
}

function offers({ resolutions }: ItemDraft, answer: DataAnswer): boolean {
  return resolutions.some(({ id }) => id === answer);
}

function noDataThere(place: RootPath, places: readonly RootPath[]): Failure {
  return new Failure({
    code: 'no-data-there',
    kind: 'input',
    message: `Cannot say what becomes of the data at ${displayBytes(place)}: neither version has a volume of data there`,
    advice: `Name one of ${[...new Set(places)].map(displayBytes).join(', ')}`,
  });
}

/** Only branches can be given to a version that is there. */
function inRoot(place: RootPath, { from, to }: Turn): Failure {
  return new Failure({
    code: 'data-in-root',
    kind: 'input',
    message: `Cannot give ${to.id} the data of ${from.id} in ${displayBytes(place)}: ${from.id} has it in no volume of data`,
    advice: `Take it along in a new version, with --carry, or say --data ${displayBytes(place)}=follow`,
  });
}
