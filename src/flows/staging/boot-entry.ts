import { displayLocation, partOption } from '../../domain/boot-request.ts';
import { Failure } from '../../domain/failure.ts';
import { isGoingOn } from '../../domain/reset-states.ts';
import type { VersionBoot, VersionRecord } from '../../domain/version.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import { commandLineOf, isToBeMade } from '../../versions/command-line.ts';
import { readWholeVersions } from '../../versions/records.ts';
import { readLoaderRecord } from '../loader/loader-record.ts';
import { nextVersionOf } from '../next-version.ts';
import { pendingTotalOf } from '../reset/total/pending-total.ts';
import { runningVersionOf } from '../running-version.ts';
import { requireLocation, secondInitrdPath } from './boot-of-version.ts';
import { systemPlace, versionCalled } from './change-version.ts';
import { type FoundKernel, kernelOfImage, kernelOfRoot, requireThere } from './kernel-to-load.ts';

/** What a boot loader needs to start a version; paths are from the top of the store's filesystem. */
export type BootEntry = Omit<VersionBoot, 'unknown'> & {
  readonly version: VersionRecord;
  /** What a person should know of it. */
  readonly notes: readonly string[];
};

/** What starts a version, and the kernel of it. */
export type Start = { readonly entry: BootEntry; readonly kernel: FoundKernel };

/**
 * The entry of a version; without one, of the version that the next boot is to start. Throws Failure `no-version`,
 * `cannot-boot` where anything is gone that it needs, or `nothing-next` where the next boot starts what runs.
 */
export function bootEntry(place: StorePlace, id: string | null): BootEntry {
  return readStore(place, (store) => {
    const { entry } = startOf(store, id === null ? nextVersion(store) : versionCalled(store, id));
    // A loader that is known says them once; here a person does, who starts the machine.
    const asked = readLoaderRecord(store.files) === null ? nonceWords(store, entry.version) : [];
    return { ...entry, commandLine: [entry.commandLine, ...asked].join(' ') };
  });
}

/** What tells the boot that the reset of this version, which destroys everything else, was asked for. */
function nonceWords(store: Store, version: VersionRecord): readonly string[] {
  const request = pendingTotalOf(store, version);
  if (request?.state !== 'armed') return [];
  return ['migrate.reset=total', `migrate.nonce=${request.nonce}`];
}

/** The same with where its kernel comes from. Throws Failure `cannot-boot`. */
export function startOf(store: Store, version: VersionRecord): Start {
  const { boot } = version;
  if (boot === null || !hasRoot(version)) throw notYet(version);
  const { parent } = version;
  if (parent !== null && isToBeMade(version.state)) return entryToMake(store, { ...version, boot, parent });
  // The program has no work to do then: nothing needs its initrd.
  const { found, notes } = kernelOfRoot(store, version, boot);
  const { commandLine, root, secondInitrd } = boot;
  const request = pendingTotalOf(store, version);
  if (request === null || !isGoingOn(request))
    return { entry: { version, ...found.loaded, secondInitrd: null, commandLine, root, notes }, kernel: found };
  return {
    entry: { version, ...found.loaded, secondInitrd, commandLine: lineToGoOn(store, version, boot), root, notes },
    kernel: found,
  };
}

/** Its root is made, and its boots go on destroying the rest: of what is gone none looks for anything. */
function lineToGoOn(store: Store, version: VersionRecord, boot: VersionBoot): string {
  const location = requireLocation(store, version.id, version.branch);
  const own = displayLocation(boot.root);
  return commandLineOf({ id: version.id, state: 'migrating' }, boot, {
    store: location.store,
    roots: { old: own, base: null, new: own },
  });
}

/** Of an image that does not bring the initrd with the program. */
const withoutProgram = `its image has no ${secondInitrdPath}: nothing makes it unless the loader has migrate.cpio.zst from elsewhere as its second initrd`;

/** A version that no boot makes has to have been made: its root is there since its commit, or was there before the store. */
function hasRoot({ state, born, parent }: VersionRecord): boolean {
  return isToBeMade(state) || born !== null || parent === null;
}

type ToBeMade = VersionRecord & { readonly boot: VersionBoot; readonly parent: string };

/** All that the boot makes it of has to be there. */
function entryToMake(store: Store, version: ToBeMade): Start {
  const { boot, image, base, id } = version;
  const old = systemPlace('branch', versionCalled(store, version.parent).branch);
  const places = { old, base: base === null ? null : systemPlace('tag', base), new: systemPlace('tag', image) };
  // A reset that destroys everything else keeps nothing of what cannot be read.
  const needed = version.reset?.mode === 'total' ? [] : [places.old, places.base];
  for (const place of needed) if (place !== null) requireThere(store, version, place);
  const kernel = kernelOfImage(store, version, boot);
  const optionOf = (place: typeof old): string => {
    const location = store.backend.bootLocation(place);
    if (location === null) return '';
    const content = location.content ?? location.root;
    return content.device === boot.root.device ? partOption(content).join() : displayLocation(content);
  };
  const commandLine = commandLineOf(version, boot, {
    store: requireLocation(store, id, version.branch).store,
    roots: {
      old: optionOf(places.old),
      base: places.base === null ? null : optionOf(places.base),
      new: optionOf(places.new),
    },
  });
  const { secondInitrd, root } = boot;
  const notes = secondInitrd === null ? [withoutProgram] : [];
  return { entry: { version, ...kernel.loaded, secondInitrd, root, commandLine, notes }, kernel };
}

function nextVersion({ files, system }: Store): VersionRecord {
  const records = readWholeVersions(files);
  const running = runningVersionOf(system, records);
  const next = nextVersionOf(records, running?.id ?? null);
  if (next !== null) return next;
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
