import { notesOfOrigin, remoteHead } from '../../src/domain/origin.ts';
import type { ObjectRecord, Uuid } from '../../src/domain/volume.ts';
import { type TravellingTag, travellingTags } from '../../src/transfer/travelling-tag.ts';

/** A store that remembers: what it has of one volume and what it had, without a disk. */
export class RememberingStore {
  readonly instance: Uuid;
  readonly #records: ObjectRecord[] = [];
  readonly #gone = new Set<Uuid>();

  constructor(name: string) {
    this.instance = uuidOf(`store ${name}`);
  }

  branch(name: string, from: Uuid | null = null): Uuid {
    return this.#add('branch', name, from, {});
  }

  tag(name: string, from: Uuid | null): Uuid {
    return this.#add('tag', name, from, {});
  }

  remove(uuid: Uuid): void {
    this.#gone.add(uuid);
  }

  /** Gets a tag of another store, as one that was sent. */
  receive(tag: TravellingTag): void {
    this.#add('tag', tag.name, null, tag.origin === null ? {} : notesOfOrigin(tag.origin), tag.uuid);
  }

  has(uuid: Uuid): boolean {
    return this.#records.some((record) => record.uuid === uuid) && !this.#gone.has(uuid);
  }

  /** What it has or remembers. */
  known(): TravellingTag[] {
    return travellingTags({ instance: this.instance, objects: this.#records });
  }

  /** What another that asks is told. */
  told(): TravellingTag[] {
    return travellingTags({ instance: this.instance, objects: this.#present() });
  }

  /** The last tag that it has got of a branch of another. */
  head(source: Uuid, branch: string): TravellingTag | null {
    const head = remoteHead(this.#present(), { source, branch });
    return head === null ? null : this.knownTag(head.uuid);
  }

  knownTag(uuid: Uuid): TravellingTag {
    const tag = this.known().find((one) => one.uuid === uuid);
    if (tag === undefined) throw new TypeError(`no tag ${uuid}`);
    return tag;
  }

  #present(): ObjectRecord[] {
    return this.#records.filter(({ uuid }) => !this.#gone.has(uuid));
  }

  #add(kind: ObjectRecord['kind'], name: string, from: Uuid | null, notes: ObjectRecord['notes'], uuid?: Uuid): Uuid {
    const order = this.#records.length + 1;
    const made = uuid ?? uuidOf(`${this.instance} ${order}`);
    const volume = uuidOf('volume');
    this.#records.push({ ...{ uuid: made, volume, kind, name, from, order, at: '', holds: [] }, notes });
    return made;
  }
}

const given = new Map<string, Uuid>();

function uuidOf(what: string): Uuid {
  const uuid = given.get(what) ?? (given.size + 1).toString(16).padStart(32, '0');
  given.set(what, uuid);
  return uuid;
}
