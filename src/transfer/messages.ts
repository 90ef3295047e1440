import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import type { Origin } from '../domain/origin.ts';
import { isStreamFormat } from '../domain/stream-format.ts';
import type { ObjectRecord } from '../domain/volume.ts';
import { isCount, isFields, isUuid, objectRecordOf, volumeRecordOf } from '../domain/volume-json.ts';
import { isPartName } from '../domain/volume-name.ts';
import type { GetRequest, Offer, PeerHello, PeerVolume, PutRequest, Refusal, RefusalCode } from './peer.ts';

export const transferSchema = 'migrate.transfer/1';

/** What the one who has opened the connection says. `end` and `abort` end the data that follows `put`. */
export type Request =
  | { readonly type: 'hello'; readonly schema: string }
  | { readonly type: 'objects'; readonly volume: string | null }
  | ({ readonly type: 'put' } & PutRequest)
  | ({ readonly type: 'get' } & GetRequest)
  | StreamEnd;

/** What the other says. Data follows `sent`, and goes after `go`. */
export type Answer =
  | ({ readonly type: 'hello' } & PeerHello)
  | { readonly type: 'objects'; readonly volumes: readonly PeerVolume[] }
  | { readonly type: 'go' }
  | ({ readonly type: 'received' } & PeerVolumeAndObject)
  | { readonly type: 'sent'; readonly offer: Offer }
  | { readonly type: 'refused'; readonly refusal: Refusal }
  | StreamEnd;

type PeerVolumeAndObject = { readonly volume: Offer['volume']; readonly object: Offer['object'] };

/** Behind the last byte of a stream: how many there were, and their SHA-256. `abort`: it goes no further. */
export type StreamEnd =
  | { readonly type: 'end'; readonly bytes: number; readonly sha256: string }
  | { readonly type: 'abort' };

type Fields = Readonly<Record<string, unknown>>;

/** A request out of a frame's text. Throws Failure `bad-request`, naming what it lacks. */
export function requestOf(text: string): Request {
  const fields = jsonOrNull(text);
  if (!isFields(fields)) throw badRequest('it is no document of JSON');
  const { type } = fields;
  if (typeof type !== 'string' || !Object.hasOwn(requests, type)) throw badRequest('it asks for what is not known');
  const request = requests[type as Request['type']](fields);
  if (request === null) throw badRequest(`"${type}" lacks what belongs to it`);
  return request;
}

/** An answer out of a frame's text; null where it is none. */
export function answerOf(text: string): Answer | null {
  const fields = jsonOrNull(text);
  if (!isFields(fields)) return null;
  const { type } = fields;
  return typeof type === 'string' && Object.hasOwn(answers, type) ? answers[type as Answer['type']](fields) : null;
}

const requests: Readonly<Record<Request['type'], (fields: Fields) => Request | null>> = {
  hello: ({ schema }) => (typeof schema === 'string' ? { type: 'hello', schema } : null),
  objects: ({ volume }) => (isUuidOrNull(volume) ? { type: 'objects', volume } : null),
  put: (fields) => {
    const [offer, { expects }] = [offerOf(fields), fields];
    return offer === null || !isUuidOrNull(expects) ? null : { type: 'put', ...offer, expects };
  },
  get: ({ object, format, parent }) =>
    isUuid(object) && isStreamFormat(format) && isUuidOrNull(parent) ? { type: 'get', object, format, parent } : null,
  end: endOf,
  abort: () => ({ type: 'abort' }),
};

const answers: Readonly<Record<Answer['type'], (fields: Fields) => Answer | null>> = {
  hello: helloOf,
  objects: ({ volumes }) => {
    const read = Array.isArray(volumes) ? volumes.map(peerVolumeOf) : [null];
    return read.every((one) => one !== null) ? { type: 'objects', volumes: read } : null;
  },
  go: () => ({ type: 'go' }),
  received: ({ volume: ofVolume, object: ofObject }) => {
    const [volume, object] = [volumeRecordOf(ofVolume), objectRecordOf(ofObject)];
    return volume === null || object === null ? null : { type: 'received', volume, object };
  },
  sent: ({ offer: value }) => {
    const offer = isFields(value) ? offerOf(value) : null;
    return offer === null ? null : { type: 'sent', offer };
  },
  refused: ({ refusal }) => {
    if (!isFields(refusal)) return null;
    const { code, message, advice } = refusal;
    if (typeof code !== 'string' || typeof message !== 'string') return null;
    // A newer program may have reasons that this one does not know.
    const known = refusalCodes.find((one) => one === code) ?? 'failed';
    return { type: 'refused', refusal: { code: known, message, advice: typeof advice === 'string' ? advice : null } };
  },
  end: endOf,
  abort: () => ({ type: 'abort' }),
};

export const refusalCodes: readonly RefusalCode[] = [
  ...(['diverged', 'unrelated', 'exists', 'no-object', 'parent-missing', 'no-space', 'denied', 'format'] as const),
  ...(['busy', 'stream-damaged', 'bad-request', 'failed'] as const),
];

function helloOf(fields: Fields): Answer | null {
  const { schema, program, instance, host, backend, streams, access, volumes } = fields;
  const isNamed = typeof schema === 'string' && typeof program === 'string' && typeof backend === 'string';
  if (!isNamed || !isUuid(instance) || typeof host !== 'string' || !isPartName(host)) return null;
  if (!Array.isArray(streams) || (access !== 'read-only' && access !== 'append-only')) return null;
  if (volumes !== null && !(Array.isArray(volumes) && volumes.every(isText))) return null;
  // A newer program may have formats that this one does not know.
  const formats = streams.filter(isStreamFormat);
  return { type: 'hello', schema, program, instance, host, backend, streams: formats, access, volumes };
}

function peerVolumeOf(value: unknown): PeerVolume | null {
  if (!isFields(value) || !Array.isArray(value['objects'])) return null;
  const volume = volumeRecordOf(value['volume']);
  const objects = value['objects'].map(objectRecordOf);
  return volume !== null && objects.every((one) => one !== null) ? { volume, objects } : null;
}

/** An offer out of JSON; null where it is none. */
export function offerOf(fields: Fields): Offer | null {
  const { format, parent, proof, leftOut, origin: ofOrigin } = fields;
  const [volume, object] = [volumeRecordOf(fields['volume']), objectRecordOf(fields['object'])];
  const origin = ofOrigin === null ? null : originFrom(ofOrigin);
  if (volume === null || object === null || object.volume !== volume.uuid || object.kind !== 'tag') return null;
  if (origin === undefined || !isStreamFormat(format) || !isUuidOrNull(parent)) return null;
  if (!isShort(object.notes)) return null;
  if (typeof proof !== 'string' || !Array.isArray(leftOut) || !leftOut.every(isText)) return null;
  return { volume, object, origin, format, parent, proof, leftOut };
}

/** Notes are kept for good, and read with every look at the store. */
function isShort(notes: ObjectRecord['notes']): boolean {
  return JSON.stringify(notes).length <= longestNotes;
}

const longestNotes = 64 * 1024;

function originFrom(value: unknown): Origin | undefined {
  if (!isFields(value)) return undefined;
  const { branch, branchUuid, order, from, source } = value;
  const isNamed = typeof branch === 'string' && isPartName(branch);
  if (!isNamed || !isUuid(branchUuid) || !isCount(order) || !isUuidOrNull(from) || !isUuid(source)) return undefined;
  return { branch, branchUuid, order, from, source };
}

function endOf({ bytes, sha256 }: Fields): StreamEnd | null {
  const isNumber = typeof bytes === 'number' && Number.isSafeInteger(bytes) && bytes >= 0;
  return isNumber && typeof sha256 === 'string' ? { type: 'end', bytes, sha256 } : null;
}

function isUuidOrNull(value: unknown): value is string | null {
  return value === null || isUuid(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function badRequest(why: string): Failure {
  return new Failure({ code: 'bad-request', kind: 'failed', message: `Cannot do what was asked for: ${why}` });
}
