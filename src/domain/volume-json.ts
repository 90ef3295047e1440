import type { ObjectKind, ObjectRecord, Uuid, VolumeClass, VolumeRecord } from './volume.ts';
import { isPartName } from './volume-name.ts';

type Fields = Readonly<Record<string, unknown>>;

const classes: readonly VolumeClass[] = ['system', 'config', 'state', 'data'];
const kinds: readonly ObjectKind[] = ['branch', 'tag'];

/** JSON without a byte beyond ASCII: as text and as bytes the same. */
export function asciiJson(value: unknown): string {
  const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escaped);
}

/**
 * A volume's record out of JSON, null where it is none. Keys that this program does not know stay in it, so that a newer
 * one finds them again (case 112).
 */
export function volumeRecordOf(value: unknown): VolumeRecord | null {
  return isFields(value) && isVolumeRecord(value) ? value : null;
}

/** A branch's or tag's record, likewise. */
export function objectRecordOf(value: unknown): ObjectRecord | null {
  return isFields(value) && isObjectRecord(value) ? value : null;
}

/** Whether it is 32 lower-case hexadecimal digits. */
export function isUuid(value: unknown): value is Uuid {
  return typeof value === 'string' && /^[0-9a-f]{32}$/.test(value);
}

/** Whether it is an object of JSON: neither null nor a list. */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether it counts something, from 1. */
export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function isVolumeRecord(fields: Fields): fields is VolumeRecord {
  const { uuid, name, class: ofClass, instance, host } = fields;
  return isUuid(uuid) && isName(name) && isOneOf(classes, ofClass) && isUuid(instance) && isName(host);
}

function isObjectRecord(fields: Fields): fields is ObjectRecord {
  const { uuid, volume, kind, name, from, order, at, holds, notes } = fields;
  const isMade = (from === null || isUuid(from)) && isCount(order) && typeof at === 'string';
  const isKept = Array.isArray(holds) && holds.every(isText) && isFields(notes) && Object.values(notes).every(isText);
  return isUuid(uuid) && isUuid(volume) && isOneOf(kinds, kind) && isName(name) && isMade && isKept;
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && isPartName(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isOneOf<Value>(values: readonly Value[], value: unknown): value is Value {
  return values.some((one) => one === value);
}
