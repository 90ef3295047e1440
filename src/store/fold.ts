import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import { isPartName } from '../domain/volume-name.ts';
import type { StoreEvent } from './event.ts';
import type { StoreIdentity } from './identity.ts';
import { damagedLedger } from './ledger-failure.ts';
import type { Intent, KnownObject, KnownVolume, LedgerState } from './ledger-state.ts';
import type { LedgerLine } from './ledger-text.ts';

/** What the lines of a ledger come to; more lines can be added. */
export class Fold implements LedgerState {
  readonly identity: StoreIdentity;
  readonly volumes = new Map<Uuid, KnownVolume>();
  readonly objects = new Map<Uuid, KnownObject>();
  readonly intents = new Map<number, Intent>();
  readonly removed = new Map<Uuid, ObjectRecord>();
  readonly forgotten = new Map<Uuid, VolumeRecord>();
  /** Whether a newer program wrote something, of which others of its events may speak. */
  #hasUnknown = false;

  constructor({ instance, host, backend, pool }: StoreIdentity) {
    this.identity = { instance, host, backend, ...(pool === undefined ? {} : { pool }) };
  }

  /** Adds what a line says. Returns why it cannot be, or null. */
  add(line: number, event: StoreEvent): string | null {
    const speaksOfSomething = this.#apply(line, event);
    return speaksOfSomething || this.#hasUnknown ? null : `it says "${event.kind}" of what is not there`;
  }

  /** False where the event speaks of what is not there. */
  #apply(line: number, event: StoreEvent): boolean {
    switch (event.kind) {
      case 'start':
        return true;
      case 'unknown':
        this.#hasUnknown = true;
        return true;
      case 'volume':
        this.volumes.set(event.volume.uuid, { record: event.volume, line });
        // One that was forgotten can be received again.
        this.forgotten.delete(event.volume.uuid);
        return true;
      case 'forget':
        return this.#forget(event.volume);
      case 'begin':
        if (!this.volumes.has(event.object.volume)) return false;
        this.intents.set(line, { line, what: event.what, object: event.object });
        return true;
      case 'done':
      case 'undone':
        return this.#end(event.line, event.kind);
      case 'found':
        if (!this.volumes.has(event.object.volume)) return false;
        this.objects.set(event.object.uuid, { record: event.object, line });
        return true;
      case 'hold':
        return this.#change(event.object, line, (record) => withHold(record, event.hold));
      case 'release':
        return this.#change(event.object, line, (record) => withoutHold(record, event.hold));
      case 'renamed':
        return (
          isPartName(event.name) && this.#change(event.object, line, (record) => ({ ...record, name: event.name }))
        );
      case 'lost':
        return this.#remove(event.object);
    }
  }

  #end(line: number, how: 'done' | 'undone'): boolean {
    const intent = this.intents.get(line);
    if (intent === undefined) return false;
    this.intents.delete(line);
    if (how === 'undone') return true;
    if (intent.what === 'remove') return this.#remove(intent.object.uuid);
    this.objects.set(intent.object.uuid, { record: intent.object, line });
    return true;
  }

  #forget(uuid: Uuid): boolean {
    const volume = this.volumes.get(uuid);
    if (volume === undefined) return false;
    this.forgotten.set(uuid, volume.record);
    return this.volumes.delete(uuid);
  }

  #remove(uuid: Uuid): boolean {
    const object = this.objects.get(uuid);
    if (object === undefined) return false;
    this.removed.set(uuid, object.record);
    return this.objects.delete(uuid);
  }

  #change(uuid: Uuid, line: number, change: (record: ObjectRecord) => ObjectRecord): boolean {
    const object = this.objects.get(uuid);
    if (object === undefined) return false;
    this.objects.set(uuid, { record: change(object.record), line });
    return true;
  }
}

/** What a whole ledger comes to. Throws Failure `ledger-damaged` where a line speaks of what is not there. */
export function foldLedger(lines: readonly LedgerLine[]): Fold {
  const [first] = lines;
  if (first?.event.kind !== 'start') throw new TypeError('A ledger begins with what it is of');
  const fold = new Fold(first.event);
  for (const [index, { number, event }] of lines.entries()) {
    const why = fold.add(number, event);
    if (why !== null) throw damagedLedger(index + 1, why);
  }
  return fold;
}

function withHold(record: ObjectRecord, hold: string): ObjectRecord {
  return { ...record, holds: [...record.holds.filter((one) => one !== hold), hold] };
}

function withoutHold(record: ObjectRecord, hold: string): ObjectRecord {
  return { ...record, holds: record.holds.filter((one) => one !== hold) };
}
