import type { LoaderProblem } from '../../boot/loader.ts';
import { displayBytes } from '../../domain/bytes.ts';
import type { RootPath } from '../../domain/path.ts';
import type { VersionRecord } from '../../domain/version.ts';
import { withDirectory } from '../../files/with-directory.ts';
import { resolveInside } from '../../images/read-inside.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import { readVersions } from '../../versions/records.ts';
import { startsOf } from './starts-of-versions.ts';
import { type KnownLoader, withLoader } from './with-loader.ts';

/** Something that would make a trial, a fallback or a reset unsafe, and what to do about it. */
export type Finding = LoaderProblem;

/**
 * Looks for all that would keep this machine from coming back by itself after an update that went wrong; changes nothing.
 * `known` is null where the machine has no loader that is known.
 */
export function examine(place: StorePlace, known: KnownLoader | null): readonly Finding[] {
  const ofLoader = known === null ? [unset] : withLoader(known, ({ loader }) => loader.problems());
  return [...ofLoader, ...readStore(place, ofStore)];
}

/** The key of what is found where a version has lost what starts it. */
export const notStartable = 'version-not-startable';
/** The key of a record of a version that cannot be read. */
export const recordDamaged = 'version-record';
/** The key of a clock that is behind the build of what runs, or behind what the store has seen. */
export const clockBehind = 'clock-behind';

const unset: Finding = {
  key: 'loader-unset',
  blocksTrial: false,
  message: 'The store does not know which loader starts this machine: nothing counts the starts of a version on trial',
  advice: 'Name it: migrate loader set',
};

function ofStore(store: Store): Finding[] {
  const { records, damaged } = readVersions(store.files);
  return [
    // What cannot be read could not be given up either: nothing that reconciles at boot goes on without all records.
    ...damaged.map(({ message, advice }) => ({
      ...finding(recordDamaged, message, advice ?? 'Put the file back as it was'),
      blocksTrial: true,
    })),
    ...ofStarts(store, records),
    ...ofClock(store, records),
  ];
}

/** What one would fall back to has to start, with a kernel that it has the modules of. */
function ofStarts(store: Store, records: readonly VersionRecord[]): Finding[] {
  const wanted = records.filter(({ state, removing }) => !removing && (state === 'good' || state === 'retired'));
  return startsOf(store, wanted).unstartable.map(({ version, why }) => ({
    ...finding(notStartable, why, 'Remove it with migrate prune where it is not needed'),
    blocksTrial: version.state === 'good',
  }));
}

/** Their times are those of their packages and of the image: systemd sets no clock before that of the first (systemd(1), "System Clock Epoch"). */
const builtFiles: readonly RootPath[] = ['/usr/lib/clock-epoch', '/usr/lib/os-release'];

/**
 * Nothing of migrate orders by the clock (case 131). What is tried does: certificates that are not valid yet fail its checks, and
 * a sound image would be given up and not offered again. That a version was changed later proves nothing: the clock may have
 * been ahead then. That the system that runs is built later does.
 */
function ofClock({ system }: Store, records: readonly VersionRecord[]): Finding[] {
  const now = system.now();
  const built = withDirectory(system, '/', newestBuilt);
  if (built !== null && now < built.at) {
    const message = `The clock says ${now}, and the system that runs was built at ${built.at}: that is when ${displayBytes(built.path)} was made`;
    return [{ ...finding(clockBehind, message, 'Set the clock'), blocksTrial: true }];
  }
  const changes = records.flatMap(({ history }) => history.map(({ at }) => at));
  const last = changes.toSorted().at(-1) ?? '';
  if (now >= last) return [];
  const message = `The clock says ${now}, and a version was changed at ${last}`;
  return [finding(clockBehind, message, 'Set the clock, unless it was ahead then')];
}

type Built = { readonly path: RootPath; readonly at: string };

/** Which of them is the newest, and when it was made; null where there is none. */
function newestBuilt(root: Files): Built | null {
  const built = builtFiles.flatMap((path) => builtAt(root, path));
  return (
    built.toSorted((a, b) => b.seconds - a.seconds).map(({ path, seconds }) => ({ path, at: timeOf(seconds) }))[0] ??
    null
  );
}

/** Of a link what it leads to counts, within `/usr`: what lies elsewhere is the machine's own. */
function builtAt(root: Files, path: RootPath): readonly { readonly path: RootPath; readonly seconds: number }[] {
  const target = resolveInside(root, path);
  const status = target?.startsWith('/usr/') === true ? root.status(target) : null;
  return target !== null && status?.type === 'file' ? [{ path: target, seconds: status.mtime.seconds }] : [];
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function finding(key: string, message: string, advice: string): Finding {
  return { key, blocksTrial: false, message, advice };
}
