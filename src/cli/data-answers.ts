import { bytesOfText, displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { ItemDraft } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { DataAnswers } from '../flows/staging/answer-turned-data.ts';
import type { SwitchRequest } from '../flows/staging/ends-of-switch.ts';
import type { Undecided } from '../flows/staging/switch-version.ts';
import type { DataAnswer } from '../flows/staging/turn-data.ts';

/** What `--data` says: `follow` or `keep` of all, `/home=keep` of one place. Throws Failure `usage`. */
export function dataAnswersOf(values: readonly string[] = []): DataAnswers {
  let data: DataAnswer | null = null;
  const dataAt = new Map<RootPath, DataAnswer>();
  for (const value of values) {
    const { place, answer } = answerIn(value);
    const before: DataAnswer | null = place === null ? data : (dataAt.get(place) ?? null);
    if (before !== null && before !== answer) throw contrary(place, [before, answer]);
    if (place === null) data = answer;
    else dataAt.set(place, answer);
  }
  return { data, dataAt };
}

type Answer = { readonly place: RootPath | null; readonly answer: DataAnswer };

function answerIn(value: string): Answer {
  const [, path = null, word = ''] = /^(?:(\/.*)=)?([^=]*)$/s.exec(value) ?? [];
  if (word !== 'follow' && word !== 'keep') {
    throw usage(`--data "${value}" is none of "follow", "keep", and neither of these of a place, as in "/home=keep"`);
  }
  return { place: path === null ? null : placeOf(path), answer: word };
}

/** As mount points are declared: without an end that a shell completes. */
function placeOf(path: string): RootPath {
  const place = path.replace(/(?<=.)\/+$/, '');
  return `/${bytesOfText(place.slice(1))}`;
}

/** What a person reads where nothing is changed, with the command that says the rest. */
export function renderUndecided(
  { version, from, items }: Undecided,
  direction: SwitchRequest['direction'],
  given: DataAnswers,
): string {
  const all = given.data === null ? answersToAll(items) : null;
  const lines = items.flatMap(({ subject, title, detail, resolutions }) => [
    title,
    `  ${detail}`,
    ...resolutions.map(({ id, title: answer }) => `  --data ${all === null ? ofPlace(subject, id) : id}: ${answer}`),
  ]);
  const single = items.map((item) => `--data ${ofPlace(item.subject, answersTo(item))}`);
  const words = [...wordsOf(given), ...(all === null ? single : [`--data ${all}`])];
  const command = `migrate ${direction} ${version.id} --from ${from.id} ${words.join(' ')}`;
  return `${lines.join('\n')}\nNothing is changed: say with ${command} what becomes of the data\n`;
}

/** Null where not the same can be said of each. */
function answersToAll(items: Undecided['items']): string | null {
  const [first, ...others] = new Set(items.map(answersTo));
  return others.length === 0 ? (first ?? null) : null;
}

function answersTo({ resolutions }: ItemDraft): string {
  return resolutions.map(({ id }) => id).join('|');
}

function ofPlace(place: RootPath, answer: string): string {
  return `${displayBytes(place)}=${answer}`;
}

function wordsOf({ data, dataAt = new Map() }: DataAnswers): string[] {
  const at = [...dataAt].map(([place, answer]) => `--data ${ofPlace(place, answer)}`);
  return data === null ? at : [`--data ${data}`, ...at];
}

function contrary(place: RootPath | null, answers: readonly DataAnswer[]): Failure {
  return usage(`--data says ${answers.join(' and ')} of ${place === null ? 'all data' : displayBytes(place)}`);
}

function usage(what: string): Failure {
  const advice = 'See migrate rollback --help';
  return new Failure({ code: 'usage', kind: 'input', message: `Cannot tell what is meant: ${what}`, advice });
}
