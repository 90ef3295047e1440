import { lastChangeTo, type VersionRecord } from '../domain/version.ts';
import { unproven } from './states.ts';

/** What the retention says of a version, and why. */
export type Retained = {
  readonly version: VersionRecord;
  readonly stays: boolean;
  /** Every reason to stay; or the one why it goes. */
  readonly why: readonly string[];
};

export type RetentionRequest = {
  readonly records: readonly VersionRecord[];
  /** The version that runs; null where that is not known. */
  readonly running: string | null;
  /** How many of the versions that were good stay, counted from the newest. */
  readonly keep: number;
};

/**
 * Which versions stay and which go, newest first. Those that run, are good, pinned, on their way to be booted, or the
 * last fallback always stay; while an update has not proven itself, so does all that ever was good (case 107). Whatever
 * is in doubt stays.
 */
export function decideRetention(request: RetentionRequest): Retained[] {
  const { records, running, keep } = request;
  const newestFirst = records.toSorted((a, b) => b.order - a.order);
  const whole = newestFirst.filter(({ removing }) => !removing);
  const current = newestFirst.find(({ id }) => id === running) ?? latestGood(whole, null);
  const facts: Facts = {
    ...request,
    current,
    fallback: latestGood(whole, current),
    newest: new Set(whole.filter(wasGood).slice(0, keep)),
    heirs: new Map(newestFirst.filter(isToBeMade).map((version) => [version.parent, version])),
    onItsWay: newestFirst.find(({ state }) => unproven.includes(state)) ?? null,
  };
  return newestFirst.map((version) => {
    if (version.removing && version.id !== running) return { version, stays: false, why: ['its removal has begun'] };
    const reasons = reasonsToStay(version, facts);
    if (reasons.length > 0) return { version, stays: true, why: reasons };
    return { version, stays: false, why: [reasonToGo(version, keep)] };
  });
}

type Facts = RetentionRequest & {
  /** The version that runs; where that is not known, the one that was found good last. */
  readonly current: VersionRecord | null;
  readonly fallback: VersionRecord | null;
  readonly newest: ReadonlySet<VersionRecord>;
  readonly onItsWay: VersionRecord | null;
  /** The version that takes over the state of another, by the id of that one. */
  readonly heirs: ReadonlyMap<string | null, VersionRecord>;
};

const notBooted: readonly VersionRecord['state'][] = ['staged', 'prepared'];

function reasonsToStay(version: VersionRecord, facts: Facts): string[] {
  const { current, fallback, running, newest, keep, onItsWay, heirs } = facts;
  const { id, state, pinned, order } = version;
  const isUnproven = unproven.includes(state);
  const isNewer = current === null || order > current.order;
  const reasons: readonly (readonly [boolean, string])[] = [
    [id === running, 'it runs'],
    [state === 'good', 'it is good'],
    [pinned, 'it is pinned'],
    [isUnproven, `it is ${state === 'trial' ? 'on trial' : state}`],
    [isNewer && notBooted.includes(state), 'it has not been booted yet'],
    [isNewer && state === 'failed', 'it tells that its image failed'],
    [version === fallback, 'it is the last fallback'],
    [heirs.has(id), `${heirs.get(id)?.id} takes over its state`],
    [newest.has(version), `it is one of the newest ${keep} that were good`],
    [!isUnproven && onItsWay !== null && wasGood(version), `${onItsWay?.id} has not proven itself yet`],
    [running === null && wasGood(version), 'it is not known which version runs'],
  ];
  return reasons.filter(([holds]) => holds).map(([, reason]) => reason);
}

function reasonToGo(version: VersionRecord, keep: number): string {
  if (version.state === 'failed') return 'it failed, and a newer version runs';
  if (!wasGood(version)) return 'it was never booted, and a newer version runs';
  return `it is none of the newest ${keep} that were good`;
}

/** The version that was found good last, besides one. */
function latestGood(records: readonly VersionRecord[], besides: VersionRecord | null): VersionRecord | null {
  const others = records.filter((version) => version !== besides && version.state !== 'failed' && wasGood(version));
  return others.toSorted((a, b) => goodOrder(b) - goodOrder(a))[0] ?? null;
}

function isToBeMade({ state }: VersionRecord): boolean {
  return notBooted.includes(state) || unproven.includes(state);
}

function wasGood(version: VersionRecord): boolean {
  return lastChangeTo(version, 'good') !== null;
}

function goodOrder(version: VersionRecord): number {
  return lastChangeTo(version, 'good')?.order ?? 0;
}
