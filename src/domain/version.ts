import type { RootLocation } from './boot-request.ts';
import type { Reset } from './reset.ts';
import { isPartName } from './volume-name.ts';

/** The states of a version, in the order in which most go through them; which may follow which is in versions/states.ts. */
export const versionStates = [
  'staged',
  'prepared',
  'armed',
  'migrating',
  'waiting',
  'trial',
  'good',
  'retired',
  'failed',
] as const;

export type VersionState = (typeof versionStates)[number];

/** Keys of a record that this program does not know: a newer one wrote them, and finds them again (case 112). */
export type UnknownKeys = Readonly<Record<string, unknown>>;

/** What a boot loader needs to start a version. */
export type VersionBoot = {
  /** Paths of kernel and initramfs on the filesystem that the loader reads. */
  readonly kernel: string;
  readonly initrd: string;
  /** The initrd with the program in it, loaded after the first where there is work to do; null where there is none. */
  readonly secondInitrd: string | null;
  /** What stands on the kernel command line besides what a migration or a trial adds. */
  readonly commandLine: string;
  /** The release of the kernel, such as `6.12.57+deb13-amd64`. */
  readonly kernelRelease: string;
  readonly root: RootLocation;
  readonly unknown: UnknownKeys;
};

/** A change of state. */
export type StateChange = {
  /** Its place among all changes of all versions: clocks do not count (case 131). */
  readonly order: number;
  /** When it was, in ISO 8601; for people only. */
  readonly at: string;
  /** Null for the first state of a version. */
  readonly from: VersionState | null;
  readonly to: VersionState;
  readonly why: string;
  readonly unknown: UnknownKeys;
};

/** A bootable root made from an image, with what belongs to it. */
export type VersionRecord = {
  readonly id: string;
  /** Its place among all versions that were ever made. */
  readonly order: number;
  /** The tag of the volume `system` that it is made from. */
  readonly image: string;
  /** The tag of `system` that the changes it takes over are told from; null where none is known (case 66). */
  readonly base: string | null;
  /** The version whose state it takes over; null for the first. */
  readonly parent: string | null;
  /** Its root: a branch of the volume `system`. */
  readonly branch: string;
  /** The tag of `system` with its root as it was at the commit; null before that. */
  readonly born: string | null;
  readonly state: VersionState;
  /** Why it waits or failed; null in every other state. */
  readonly reason: string | null;
  /** How many boots of it were tried since it was last armed or put on trial. */
  readonly tries: number;
  /** Whether it stays whatever the retention says. */
  readonly pinned: boolean;
  /** Whether its removal has begun: what it refers to may be gone, and nothing is done with it but to go on removing it. */
  readonly removing: boolean;
  /**
   * Versions whose place it takes: from the moment that this record says so they are none any more, whatever is left of
   * them. So the next boot has one version to make at every instant.
   */
  readonly replaces: readonly string[];
  /** What it is a reset of, and keeps; null where it carries what an update carries. */
  readonly reset: Reset | null;
  /** The branch that it uses of each volume besides `system`. */
  readonly bindings: Readonly<Record<string, string>>;
  /** Null before it is prepared. */
  readonly boot: VersionBoot | null;
  /** Steps of its migration that are left for after the boot, by their ids. */
  readonly deferred: readonly string[];
  /** All changes of its state, oldest first; never empty. */
  readonly history: readonly StateChange[];
  readonly unknown: UnknownKeys;
};

/** When and why something happens to a version; the flows have the clock and the counter. */
export type Occasion = { readonly order: number; readonly at: string; readonly why: string };

/** The volume that holds images, as tags, and the roots of versions, as branches. */
export const systemVolume = 'system';

/**
 * Whether a version may be called that. It names files, branches and a word of the kernel command line: what a branch may be
 * called, without `:`.
 */
export function isVersionId(id: string): boolean {
  return isPartName(id) && !id.includes(':');
}

/** The id of a version: the name of its image and its number, `trixie.7`. */
export function versionIdOf(image: string, order: number): string {
  const number = `.${order}`;
  const name = image.replace(/[^A-Za-z0-9._+-]/g, '-').replace(/^[^A-Za-z0-9]+/, '');
  return `${name
    .slice(0, 120 - number.length)
    .replaceAll(/\.{2,}/g, '.')
    .replace(/\.$/, '')}${number}`;
}

/** A version that has just been staged; or one that was there before there was a store, and is good. */
export function newVersion(
  facts: Pick<VersionRecord, 'id' | 'order' | 'image' | 'base' | 'parent' | 'branch' | 'bindings'> &
    Partial<Pick<VersionRecord, 'reset'>>,
  state: 'staged' | 'good',
  { order, at, why }: Occasion,
): VersionRecord {
  return {
    reset: null,
    ...facts,
    born: null,
    state,
    reason: null,
    tries: 0,
    pinned: false,
    removing: false,
    replaces: [],
    boot: null,
    deferred: [],
    history: [{ order, at, from: null, to: state, why, unknown: {} }],
    unknown: {},
  };
}

/** The branch that a version uses of a volume, or null where it uses none of it. */
export function boundBranch({ bindings }: Pick<VersionRecord, 'bindings'>, volume: string): string | null {
  return Object.hasOwn(bindings, volume) ? (bindings[volume] ?? null) : null;
}

/** The next number of a change or a version, greater than all that the records know of. */
export function nextOrder(records: readonly VersionRecord[]): number {
  const orders = records.flatMap(({ order, history }) => [order, ...history.map((change) => change.order)]);
  return orders.reduce((greatest, order) => Math.max(greatest, order), 0) + 1;
}

/** The change that brought a version into the state last; null where it never was in it. */
export function lastChangeTo({ history }: Pick<VersionRecord, 'history'>, state: VersionState): StateChange | null {
  return history.findLast(({ to }) => to === state) ?? null;
}
