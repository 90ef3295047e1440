/** Thirty-two lower-case hexadecimal digits. */
export type Uuid = string;

/** What a volume is for, which decides what happens to it at updates, rollbacks and resets. */
export type VolumeClass = 'system' | 'config' | 'state' | 'data';

/** A tree of branches and tags. */
export type VolumeRecord = {
  readonly uuid: Uuid;
  readonly name: string;
  readonly class: VolumeClass;
  /** The instance of the store that it was made in; a copy on another machine keeps it. */
  readonly instance: Uuid;
  /** The host of that instance, as people call it: the first part of `host/volume/branch`. */
  readonly host: string;
};

/** A branch is writable; a tag is a named read-only pointer to what a branch held, attached to the volume. */
export type ObjectKind = 'branch' | 'tag';

/** One branch or tag, as the ledger and its sidecar keep it. */
export type ObjectRecord = {
  readonly uuid: Uuid;
  readonly volume: Uuid;
  readonly kind: ObjectKind;
  readonly name: string;
  /** The branch or tag whose content it started with; null where it started empty. */
  readonly from: Uuid | null;
  /** Its place among all that was ever made in the instance: clocks do not count (case 131). */
  readonly order: number;
  /** When it was made, in ISO 8601; for people only. */
  readonly at: string;
  /** Who needs it to stay: `version:<id>`, `remote:<name>`, `user` or another word with what it is for. */
  readonly holds: readonly string[];
  /** What the one who made it wrote of it, such as the digest of an image. */
  readonly notes: Readonly<Record<string, string>>;
};

/** Where an object lies, by names; the same shape for every backend. */
export type Place = { readonly volume: string; readonly kind: ObjectKind; readonly name: string };

/** Whether two places are the same. */
export function samePlace(a: Place, b: Place): boolean {
  return a.volume === b.volume && a.kind === b.kind && a.name === b.name;
}
