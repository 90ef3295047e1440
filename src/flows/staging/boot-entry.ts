import { Failure } from '../../domain/failure.ts';
import type { VersionBoot, VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { commandLineOf, isToBeMade } from '../../versions/command-line.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { runningVersionOf } from '../running-version.ts';
import { systemPlace, versionCalled } from './change-version.ts';

/** What a boot loader needs to start a version; paths are from the top of the store's filesystem. */
export type BootEntry = Pick<VersionBoot, 'kernel' | 'initrd' | 'secondInitrd' | 'commandLine' | 'root'> & {
  readonly version: VersionRecord;
};

/**
 * The entry of a version; without one, of the version that the next boot is to start. Throws Failure `no-version`,
 * `cannot-boot`, or `nothing-next` where the next boot starts what runs.
 */
export function bootEntry(place: StorePlace, id: string | null): BootEntry {
  return readStore(place, (store) => entryOf(store, id === null ? nextVersion(store) : versionCalled(store, id)));
}

function entryOf(store: Store, version: VersionRecord): BootEntry {
  const { boot } = version;
  if (boot === null || !hasRoot(version)) throw notYet(version);
  const { kernel, initrd, secondInitrd, root } = boot;
  return { version, kernel, initrd, secondInitrd, root, commandLine: wholeCommandLine(store, version, boot) };
}

/** A version that no boot makes has to have been made: its root is there since its commit, or was there before the store. */
function hasRoot({ state, born, parent }: VersionRecord): boolean {
  return isToBeMade(state) || born !== null || parent === null;
}

function wholeCommandLine(store: Store, version: VersionRecord, boot: VersionBoot): string {
  const { backend } = store;
  const location = backend.bootLocation(systemPlace('branch', version.branch));
  if (location === null || version.parent === null || !isToBeMade(version.state)) return boot.commandLine;
  const subvolumeOf = (kind: 'branch' | 'tag', name: string): string =>
    backend.bootLocation(systemPlace(kind, name))?.root.subvolume ?? '';
  return commandLineOf(version, boot, {
    store: location.store,
    roots: {
      old: subvolumeOf('branch', versionCalled(store, version.parent).branch),
      base: version.base === null ? null : subvolumeOf('tag', version.base),
      new: subvolumeOf('tag', version.image),
    },
  });
}

/** The version that is to be made, or that was put on trial and has not run since. */
function nextVersion({ files, system }: Store): VersionRecord {
  const records = readWholeVersions(files);
  const running = runningVersionOf(system, records);
  const next =
    records.findLast(({ state }) => state === 'armed' || state === 'migrating' || state === 'waiting') ??
    records.findLast(({ id, state }) => state === 'trial' && id !== running?.id);
  if (next !== undefined) return next;
  throw new Failure({
    code: 'nothing-next',
    kind: 'input',
    message: 'There is no version that the next boot is to start but the one that runs',
    advice: 'Name one: migrate entry VERSION',
  });
}

function notYet({ id, state }: VersionRecord): Failure {
  return new Failure({
    code: 'cannot-boot',
    kind: 'failed',
    message: `Cannot start ${id}: it is ${state}, and no boot has made its root or is to make it`,
    advice: 'Stage its image anew, with migrate stage',
  });
}
