import { createHash } from 'node:crypto';
import type { ObjectRecord, VolumeRecord } from '../../src/domain/volume.ts';
import { ledgerSchema, type StoreEvent } from '../../src/store/event.ts';
import { emptyEnd, lineOf } from '../../src/store/ledger-text.ts';

/** SHA-256 of bytes. */
export function digest(bytes: string): string {
  return createHash('sha256').update(bytes, 'latin1').digest('hex');
}

/** A uuid that is told from others by its number. */
export function uuid(number: number): string {
  return number.toString(16).padStart(32, '0');
}

/** A volume of the instance 0. */
export function volume(number: number, name: string): VolumeRecord {
  return { uuid: uuid(number), name, class: 'data', instance: uuid(0), host: 'here' };
}

/** A branch or tag of the volume 1. */
export function object(number: number, facts: Partial<ObjectRecord>): ObjectRecord {
  const times = { order: number, at: '2026-01-01T00:00:00.000Z' };
  return {
    ...{ uuid: uuid(number), volume: uuid(1), kind: 'branch', name: `o${number}`, from: null },
    ...times,
    ...{ holds: [], notes: {} },
    ...facts,
  };
}

/** The text of a ledger with these events. */
export function ledgerOf(events: readonly StoreEvent[]): string {
  let end = emptyEnd();
  return events
    .map((event) => {
      const line = lineOf(event, end, digest);
      end = line.end;
      return line.text;
    })
    .join('');
}

/** One of every kind of event, in an order in which they can come. */
export const sampleEvents: readonly StoreEvent[] = [
  { kind: 'start', schema: ledgerSchema, instance: uuid(0), host: 'here', backend: 'btrfs' },
  { kind: 'volume', volume: volume(1, 'db') },
  { kind: 'begin', what: 'create', object: object(3, { name: 'main' }) },
  { kind: 'done', line: 3 },
  { kind: 'begin', what: 'snapshot', object: object(5, { kind: 'tag', name: 'monday', from: uuid(3) }) },
  { kind: 'done', line: 5 },
  { kind: 'hold', object: uuid(5), hold: 'version:1' },
  { kind: 'renamed', object: uuid(5), name: 'renamed' },
  { kind: 'found', object: object(9, { name: 'gone', holds: ['user'] }) },
  { kind: 'release', object: uuid(9), hold: 'user' },
  { kind: 'begin', what: 'remove', object: object(9, { name: 'gone' }) },
  { kind: 'done', line: 11 },
  { kind: 'begin', what: 'create', object: object(13, { name: 'never' }) },
  { kind: 'undone', line: 13 },
  { kind: 'begin', what: 'snapshot', object: object(15, { name: 'half', from: uuid(5) }) },
  { kind: 'found', object: object(16, { name: 'lost' }) },
  { kind: 'lost', object: uuid(16) },
  { kind: 'volume', volume: volume(2, 'empty') },
  { kind: 'forget', volume: uuid(2) },
];
