import type { LoaderChoice } from '../../../boot/loader-choice.ts';
import { Failure, SystemCallError } from '../../../domain/failure.ts';
import { type ResetState, resetIn } from '../../../domain/reset-states.ts';
import type { VersionRecord } from '../../../domain/version.ts';
import type { StoreKind } from '../../../storage/storage-kinds.ts';
import { releaseObject } from '../../../store/hold.ts';
import { displayPlace, objectAt } from '../../../store/ledger-state.ts';
import { changeStore, readStore, type StorePlace } from '../../../store/open-store.ts';
import type { Store } from '../../../store/store.ts';
import type { System } from '../../../system/system.ts';
import { holdOf } from '../../../versions/objects-of-versions.ts';
import { readWholeVersions, writeVersion } from '../../../versions/records.ts';
import type { LeftOver } from '../../../versions/remove-in-rounds.ts';
import { updateLoader } from '../../loader/update-loader.ts';
import { loaderOf, withLoaderAlone } from '../../loader/with-loader.ts';
import type { VersionInStore } from '../../record-at-boot.ts';
import { holdAll, systemPlace, versionCalled } from '../../staging/change-version.ts';
import { markGoodIn } from '../../staging/mark-good.ts';
import { withPlaceAt } from '../../store-at-boot.ts';
import { destroyRest } from './destroy-rest.ts';
import { readReset, writeReset } from './reset-record.ts';

export type FinishRequest = VersionInStore & {
  readonly storeKinds: readonly StoreKind[];
  readonly loaderKinds: readonly LoaderChoice[];
  readonly onMessage: (message: string) => void;
};

/**
 * Goes on with the reset whose version this boot starts, from wherever it came to: the new root is committed. First the loader
 * starts nothing else, then the rest is destroyed, then the version is made whole without it. Where the version is of no
 * such reset, nothing is done. Throws Failure, and the next boot of the version goes on.
 */
export async function finishTotalAtBoot(system: System, { store, version, ...request }: FinishRequest): Promise<void> {
  const { storeKinds, loaderKinds, onMessage } = request;
  await withPlaceAt(system, storeKinds, { ...store, writable: true }, async (place) => {
    if (stateOf(place, version) === 'saving') {
      await startNothingElse(place, loaderKinds, version);
      advance(place, version, 'wiping');
    }
    if (stateOf(place, version) === 'wiping') {
      onMessage(`destroying everything but ${version}`);
      const { signOfProgress } = system;
      const refused = changeStore(place, (one) => destroyRest(one, versionCalled(one, version), signOfProgress));
      if (refused.length > 0) throw notDestroyed(version, refused);
      advance(place, version, 'restoring');
    }
    if (stateOf(place, version) === 'restoring') {
      changeStore(place, (one) => makeWhole(one, versionCalled(one, version)));
      advance(place, version, 'done');
      onMessage(`everything but ${version} is destroyed`);
    }
    // Also where an earlier boot came just to that: until then the loader has each boot look for work.
    if (stateOf(place, version) === 'done') await tellLoader(place, request, version);
  });
}

/** Null where the store knows of no reset to that version. */
function stateOf(place: StorePlace, version: string): ResetState | null {
  return readStore(place, ({ files, system }) => {
    // Ids are used again: a record is of this version only where that is such a reset.
    const found = readWholeVersions(files).find(({ id }) => id === version);
    const record = found?.reset?.mode === 'total' ? readReset(files, system) : null;
    return record?.version === version ? record.state : null;
  });
}

function advance(place: StorePlace, version: string, to: ResetState): void {
  changeStore(place, (store) => {
    const record = readReset(store.files, store.system);
    if (record?.version === version) writeReset(store, resetIn(record, to));
  });
}

/** What a loader falls back to is about to be gone: it has to start this version alone before. */
async function startNothingElse(place: StorePlace, choices: readonly LoaderChoice[], id: string): Promise<void> {
  readStore(place, (store) => requireWhole(store, versionCalled(store, id)));
  const known = await loaderOf(place, choices);
  // The one that is good by the store is so by the loader, which was told first.
  const isGood = readStore(place, (store) => versionCalled(store, id).state === 'good');
  if (known !== null && !isGood) withLoaderAlone(place, () => updateLoader(place, known, { asGood: id, alone: true }));
  changeStore(place, (store) => markGoodIn(store, versionCalled(store, id)));
}

/** Nothing goes while what is to stay is not known to be there. Throws Failure `reset-not-made`. */
function requireWhole(store: Store, { id, branch, image, born, bindings }: VersionRecord): void {
  const volumes = Object.entries(bindings).map(([volume, name]) => ({ volume, kind: 'branch', name }) as const);
  const places = [systemPlace('branch', branch), systemPlace('tag', image), ...volumes];
  const missing = places.find((place) => objectAt(store.state, place) === null);
  if (missing === undefined && born !== null) return;
  const why = missing === undefined ? 'its root was not recorded' : `${displayPlace(missing)} is not in the store`;
  throw new Failure({
    code: 'reset-not-made',
    kind: 'failed',
    message: `Cannot destroy everything but ${id}: ${why}`,
    advice: 'Nothing was destroyed. migrate volume fsck says what is wrong',
  });
}

/** It comes from nothing that is there, and has all that it uses held, by nobody else: its image was that of others too. */
function makeWhole(store: Store, version: VersionRecord): void {
  const whole = { ...version, parent: null, base: null, replaces: [] };
  holdAll(store, whole);
  for (const { record } of [...store.state.objects.values()]) {
    const others = record.holds.filter((hold) => hold !== holdOf(version.id));
    for (const hold of others) releaseObject(store, store.state.objects.get(record.uuid)?.record ?? record, hold);
  }
  writeVersion(store.files, whole);
}

async function tellLoader(
  place: StorePlace,
  { loaderKinds, onMessage }: Pick<FinishRequest, 'loaderKinds' | 'onMessage'>,
  version: string,
): Promise<void> {
  try {
    const known = await loaderOf(place, loaderKinds);
    if (known === null) onMessage(`which loader starts this machine is not known: ${startWithEntry(version)}`);
    else withLoaderAlone(place, () => updateLoader(place, known, { alone: true }));
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    // The machine starts all the same, and the next boot tries again.
    onMessage(`the loader still has this boot look for work: ${error.message}`);
  }
}

/** Its entries lead to roots that are gone. */
function startWithEntry(version: string): string {
  return `have it start ${version} with what migrate entry ${version} prints`;
}

function notDestroyed(version: string, refused: readonly LeftOver[]): Failure {
  const what = refused.map(({ place, why }) => `${displayPlace(place)}: ${why}`).join('; ');
  return new Failure({
    code: 'reset-unfinished',
    kind: 'failed',
    message: `Cannot destroy everything but ${version}: ${what}`,
    advice: `Each boot of ${version} tries again`,
  });
}
