import { join } from 'node:path';
import { btrfsDisk } from '../btrfs-disk.ts';
import { type Emulator, findEmulator } from '../emulator.ts';
import { debianImage, type Image } from '../images.ts';
import { type ProductChange, productBinary } from './changed-product.ts';
import { type CutOptions, cutAll } from './cut-all.ts';
import { writeCutMachine } from './cut-machine.ts';
import { record } from './recording.ts';

/** Power cuts between `migrate stage` and good, each followed by the machine's next start. */
export type PowerCuts = CutOptions & {
  readonly name: string;
  /** One sentence. */
  readonly promise: string;
  /** Numbers of the cases that they show. */
  readonly cases?: readonly number[];
  /** Left out of `npm test`. */
  readonly fullOnly?: true;
  /** A mistake that the product is built with, and what a cut must then fail with: all is well where one does. */
  readonly mistake?: { readonly changes: readonly ProductChange[]; readonly found: RegExp };
};

/** What the machine is made of, built and in the cache. */
export type CutMaterial = {
  readonly emulator: Emulator;
  readonly old: Image;
  readonly new: Image;
  readonly binary: string;
};

export async function gatherCuts({ mistake }: PowerCuts): Promise<CutMaterial> {
  const [emulator, old, next] = await Promise.all([findEmulator(), debianImage('bookworm'), debianImage('trixie')]);
  await btrfsDisk();
  return { emulator, old, new: next, binary: await productBinary(mistake?.changes ?? []) };
}

/** Plays them all; what is wrong, one text each. The table is in `power-cuts.txt` of the directory, all of it in `.json`. */
export async function playPowerCuts(
  request: PowerCuts,
  material: CutMaterial,
  directory: string,
): Promise<readonly string[]> {
  const disks = join(directory, 'disks');
  const disk = await writeCutMachine(join(disks, 'machine.img'), material);
  const recording = await record(disk.file, disks, material.emulator);
  const verdicts = await cutAll(request, { emulator: material.emulator, recording, directory });
  const failures = verdicts.flatMap(({ cut, failures }) =>
    failures.map((failure) => `cut ${cut.number} (${cut.phase}): ${failure}`),
  );
  if (request.mistake === undefined) return failures;
  const { found } = request.mistake;
  return failures.some((failure) => found.test(failure)) ? [] : [`no cut showed ${found}`, ...failures];
}
