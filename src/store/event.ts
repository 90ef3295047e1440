import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { isCount, isFields, isUuid, objectRecordOf, volumeRecordOf } from '../domain/volume-json.ts';
import { identityOf, type StoreIdentity } from './identity.ts';

export const ledgerSchema = 'migrate.ledger/1';

/** What is to be done with an object, written before it is begun. */
export type IntentKind = (typeof intentKinds)[number];

const intentKinds = ['create', 'snapshot', 'adopt', 'receive', 'remove'] as const;

/** What a line of the ledger says. */
export type StoreEvent =
  /** The first line, and only that. */
  | ({ readonly kind: 'start'; readonly schema: string } & StoreIdentity)
  | { readonly kind: 'volume'; readonly volume: VolumeRecord }
  /** The volume is no more; it had no objects. */
  | { readonly kind: 'forget'; readonly volume: Uuid }
  | { readonly kind: 'begin'; readonly what: IntentKind; readonly object: ObjectRecord }
  /** What the line of that number began is done; or it was given up, and nothing of it is left. */
  | { readonly kind: 'done' | 'undone'; readonly line: number }
  | { readonly kind: 'hold' | 'release'; readonly object: Uuid; readonly hold: string }
  /** An object that was found whole, with its sidecar. */
  | { readonly kind: 'found'; readonly object: ObjectRecord }
  /** An object that the storage has under another name, given by hand. */
  | { readonly kind: 'renamed'; readonly object: Uuid; readonly name: string }
  /** An object that the storage does not have any more. */
  | { readonly kind: 'lost'; readonly object: Uuid }
  /** What a newer program wrote and an older one may pass over (case 112). */
  | { readonly kind: 'unknown' };

type Fields = Readonly<Record<string, unknown>>;
type Reader = (fields: Fields) => StoreEvent | null;

/** How each kind is read; null where the fields are not those of the kind. */
const readers: Readonly<Record<Exclude<StoreEvent['kind'], 'unknown'>, Reader>> = {
  start: (fields) => {
    const identity = identityOf(fields);
    return identity === null || fields['schema'] !== ledgerSchema
      ? null
      : { kind: 'start', schema: ledgerSchema, ...identity };
  },
  volume: ({ volume }) => {
    const record = volumeRecordOf(volume);
    return record === null ? null : { kind: 'volume', volume: record };
  },
  forget: ({ volume }) => (isUuid(volume) ? { kind: 'forget', volume } : null),
  begin: ({ what, object }) => {
    const record = objectRecordOf(object);
    return record === null || !isIntentKind(what) ? null : { kind: 'begin', what, object: record };
  },
  done: ({ line }) => (isCount(line) ? { kind: 'done', line } : null),
  undone: ({ line }) => (isCount(line) ? { kind: 'undone', line } : null),
  hold: (fields) => holdOf('hold', fields),
  release: (fields) => holdOf('release', fields),
  found: ({ object }) => {
    const record = objectRecordOf(object);
    return record === null ? null : { kind: 'found', object: record };
  },
  renamed: ({ object, name }) =>
    isUuid(object) && typeof name === 'string' ? { kind: 'renamed', object, name } : null,
  lost: ({ object }) => (isUuid(object) ? { kind: 'lost', object } : null),
};

/** An event out of JSON; null where it is none, or lacks what its kind has. */
export function eventOf(value: unknown): StoreEvent | null {
  if (!isFields(value) || typeof value['kind'] !== 'string') return null;
  const { kind } = value;
  return isKnown(kind) ? readers[kind](value) : { kind: 'unknown' };
}

function isKnown(kind: string): kind is keyof typeof readers {
  return Object.hasOwn(readers, kind);
}

function isIntentKind(what: unknown): what is IntentKind {
  return intentKinds.some((kind) => kind === what);
}

function holdOf(kind: 'hold' | 'release', { object, hold }: Fields): StoreEvent | null {
  return isUuid(object) && typeof hold === 'string' ? { kind, object, hold } : null;
}
