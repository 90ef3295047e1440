import type { LoaderChoice } from '../../boot/loader-choice.ts';
import { locationOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import { changeStore, type StorePlace } from '../../store/open-store.ts';
import { type LoaderRecord, writeLoaderRecord } from './loader-record.ts';
import { type LoaderUpdate, updateLoader } from './update-loader.ts';
import { loadLoader, withLoader, withLoaderAlone } from './with-loader.ts';

export type SetLoader = {
  readonly kind: string;
  /** An existing directory on a filesystem that the loader can read and write. */
  readonly directory: string;
  /** How many starts a version on trial gets. */
  readonly tries: number;
};

/**
 * Has a loader start the versions of a store from now on: tries it, and keeps it where that succeeded. Throws Failure
 * `no-loader`, `no-directory`, `loader-filesystem` and those of `updateLoader`.
 */
export async function setLoader(
  place: StorePlace,
  choices: readonly LoaderChoice[],
  { kind: name, directory, tries }: SetLoader,
): Promise<LoaderUpdate & { readonly record: LoaderRecord }> {
  const { system } = place;
  const kind = await loadLoader(choices, name);
  const location = withDirectory(system, system.directory(directory), (files) => locationOf(system, files));
  const record = { kind: name, ...location, tries };
  const known = { system, record, kind };
  const update = withLoaderAlone(place, () => {
    withLoader(known, ({ loader }) => loader.install());
    return updateLoader(place, known);
  });
  changeStore(place, ({ files }) => writeLoaderRecord(files, record));
  return { ...update, record };
}
