import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { grub } from '../../../src/boot/grub/loader.ts';
import type { LoaderState } from '../../../src/boot/loader.ts';
import type { LoaderChoice } from '../../../src/boot/loader-choice.ts';
import { armLoader } from '../../../src/flows/loader/arm-loader.ts';
import { setLoader } from '../../../src/flows/loader/set-loader.ts';
import { showLoader } from '../../../src/flows/loader/show-loader.ts';
import { recordAtBoot } from '../../../src/flows/record-at-boot.ts';
import { storeKinds } from '../../store/store-kinds.ts';
import { withFilesystem } from '../../system/loop-filesystem.ts';
import { commitRoot, imageContent, inInitramfs, type Machine, withMachine } from '../staging/machine.ts';

export const choices: readonly LoaderChoice[] = [{ name: 'grub', load: () => Promise.resolve(grub) }];

/** The version that a machine is put into its store with. */
export const first = 'debian-12.1';

export type Started = { readonly machine: Machine; readonly directory: string };

/** A machine in a store, whose /boot is an ext4 of its own, on which GRUB is set. */
export async function withLoaderMachine(
  body: (started: Started) => Promise<void>,
  options: { readonly size?: string } = {},
): Promise<void> {
  await withFilesystem(
    'ext4',
    (boot) =>
      withMachine(async (machine) => {
        await machine.init(machine.image('base', imageContent(12)));
        const directory = join(boot, 'migrate');
        mkdirSync(directory);
        await setLoader(machine.place, choices, { kind: 'grub', directory, tries: 2 });
        await body({ machine, directory });
      }),
    options,
  );
}

export const stateOf = async ({ place }: Machine): Promise<LoaderState> => (await showLoader(place, choices)).state;

/** A version that the machine runs on trial, made by a boot that the loader has counted. */
export async function startTrial(machine: Machine): Promise<string> {
  const image = await machine.import(machine.image('next', imageContent(13)));
  const { id } = machine.stage({ image, parent: first }).version;
  await armLoader(machine.place, choices);
  commitRoot(machine, machine.version(id));
  const request = { store: machine.store, version: id };
  assert.equal(await recordAtBoot(inInitramfs(machine), storeKinds, request, { kind: 'committed' }), null);
  return id;
}
