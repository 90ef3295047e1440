import { Failure } from '../domain/failure.ts';
import type { ObjectRecord } from '../domain/volume.ts';
import type { Backend } from '../storage/backend.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { eventOf, type StoreEvent } from './event.ts';
import { type Fold, foldLedger } from './fold.ts';
import type { StoreIdentity } from './identity.ts';
import { damagedLedger, repairAdvice } from './ledger-failure.ts';
import { type KnownVolume, type LedgerState, placeOf, volumeOf } from './ledger-state.ts';
import { type LedgerEnd, lineOf, parseLedger } from './ledger-text.ts';
import { readIfThere, replaceFile } from './replace-file.ts';
import { sidecarText, volumeFileText } from './sidecar.ts';
import { storePaths, volumeFilePath } from './store-files.ts';

/** The doors that a store works through. */
export type StoreDoors = {
  readonly files: Files;
  readonly backend: Backend;
  readonly system: System;
  /** What the store is by its own record. */
  readonly identity: StoreIdentity;
};

/** A store whose ledger has been read. Changes are appended to it before they count. */
export class Store {
  readonly files: Files;
  readonly backend: Backend;
  readonly system: System;
  /** Bytes at the end of the ledger that were cut off while they were written; the next change takes their place. */
  readonly torn: number;
  readonly #fold: Fold;
  #end: LedgerEnd;

  /** Throws Failure `ledger-missing` or `ledger-damaged`. */
  constructor({ files, backend, system, identity }: StoreDoors) {
    this.files = files;
    this.backend = backend;
    this.system = system;
    const text = readIfThere(files, storePaths.ledger);
    if (text === null) throw missingLedger();
    const { lines, end, torn } = parseLedger(text, system.digest);
    this.#fold = foldLedger(lines);
    if (this.#fold.identity.instance !== identity.instance) throw damagedLedger(1, 'it is of another store');
    this.#end = end;
    this.torn = torn;
  }

  get state(): LedgerState {
    return this.#fold;
  }

  /** The number that the next line will have. */
  get nextLine(): number {
    return this.#end.number;
  }

  /** Writes an event to the ledger; durable when it returns. Gives the number of its line. */
  append(event: StoreEvent): number {
    // A line that nobody can read again would end the ledger for good.
    if (eventOf(event) === null)
      throw new TypeError(`The ledger was given a "${event.kind}" that it could not read again`);
    const { number, offset } = this.#end;
    const { text, end } = lineOf(event, this.#end, this.system.digest);
    this.files.appendDurably(storePaths.ledger, offset, text);
    this.#end = end;
    const why = this.#fold.add(number, event);
    if (why !== null) throw new TypeError(`The ledger was given an event that cannot be: ${why}`);
    return number;
  }

  /** What the sidecar of an object says that the line speaks of. */
  sidecarOf(object: ObjectRecord, line: number): string {
    const { identity } = this.state;
    const volume = volumeOf(this.state, object);
    return sidecarText({ store: identity.instance, line, volume, object }, this.system.digest);
  }

  /** Writes the sidecar of an object as the ledger has it now. */
  writeSidecar({ uuid }: ObjectRecord): void {
    const known = this.state.objects.get(uuid);
    if (known === undefined) throw new TypeError(`No object ${uuid} to write a sidecar of`);
    this.backend.writeSidecar(placeOf(this.state, known.record), this.sidecarOf(known.record, known.line));
  }

  /** Writes the record of a volume beside its branches and tags. */
  writeVolumeFile({ record, line }: KnownVolume): void {
    const text = volumeFileText({ store: this.state.identity.instance, line, volume: record }, this.system.digest);
    replaceFile(this.files, volumeFilePath(record.name), text);
  }
}

function missingLedger(): Failure {
  return new Failure({
    code: 'ledger-missing',
    kind: 'failed',
    message: 'Cannot use the store: ledger.ndjson is not there',
    advice: repairAdvice,
  });
}
