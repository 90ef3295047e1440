import { writeWhole } from '../../apply/run-folder.ts';
import { bytesOfText, displayBytes } from '../../domain/bytes.ts';
import type { DeclaredVolume } from '../../domain/declared-volume.ts';
import { ancestorsOf, isBelow, type RootPath } from '../../domain/path.ts';
import { placeOf } from '../../domain/rule-place.ts';
import type { Store } from '../../store/store.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { boundaryKind } from '../../tree/boundary.ts';
import { declaredMounts } from '../../tree/declared-mounts.ts';
import { subvolumesIn } from '../bound-volumes.ts';
import { loadVolumes, volumeDirectories } from '../load-volumes.ts';
import { withRoot } from '../with-root.ts';
import { systemPlace } from './change-version.ts';

/** Where the volumes of a machine are declared when it is put under a store. */
export const initVolumesFile: RootPath = `${volumeDirectories.machine}/10-init.volume`;

/** A volume of class `data`, to which what people have in a root belongs. */
export type InitVolume = { readonly name: string; readonly mountPoint: RootPath };

/** A place of data that is in no volume, and why. */
export type LeftOut = { readonly mountPoint: RootPath; readonly why: string };

export type InitVolumes = {
  readonly declared: readonly InitVolume[];
  readonly leftOut: readonly LeftOut[];
};

/**
 * Where people's data lies. `/var` is none of them: the boot reads the answers to items in `/var/lib/migrate` of the old
 * root, which a volume would hide.
 */
export const dataVolumes: readonly InitVolume[] = [
  { name: 'home', mountPoint: '/home' },
  { name: 'srv', mountPoint: '/srv' },
];

/**
 * What the root that is mounted at a directory is to declare, as far as its files and mounts tell. What an earlier run
 * has written stays as it is. Throws Failure as `loadVolumes` does, before anything is changed.
 */
export function foreseeInitVolumes(system: System, directory: string): InitVolumes {
  return withRoot(system, directory, (root) => {
    const known = loadVolumes({ theirs: root, ours: root });
    if (root.status(initVolumesFile) !== null) return { declared: known.filter(isOfInit), leftOut: [] };
    const looked = dataVolumes.map((volume) => ({ volume, why: whyLeftOut(root, known, volume) }));
    return {
      declared: looked.flatMap(({ volume, why }) => (why === null ? [volume] : [])),
      leftOut: looked.flatMap(({ volume: { mountPoint }, why }) => (why === null ? [] : [{ mountPoint, why }])),
    };
  });
}

/**
 * Has the first version declare them, in one file that is on the disk when it returns; done already, it changes nothing.
 * Returns what is declared: a place in which a subvolume begins is left out, since a volume is filled by its files alone.
 */
export function declareInitVolumes(store: Store, id: string, foreseen: InitVolumes): InitVolumes {
  const place = systemPlace('branch', id);
  const nested = subvolumesIn(store, place);
  const inside = ({ mountPoint }: InitVolume): RootPath | undefined =>
    nested.find((path) => path === mountPoint || isBelow(path, mountPoint));
  const declared = foreseen.declared.filter((volume) => inside(volume) === undefined);
  const leftOut = foreseen.declared.flatMap((volume): LeftOut[] => {
    const path = inside(volume);
    if (path === undefined) return [];
    return [{ mountPoint: volume.mountPoint, why: `${displayBytes(path)} is a subvolume of its own` }];
  });
  if (declared.length > 0) {
    store.backend.withContent(place, { writable: true }, (directory) =>
      withRoot(store.system, directory, (root) => writeDeclarations(root, declared)),
    );
  }
  return { declared, leftOut: [...foreseen.leftOut, ...leftOut] };
}

function isOfInit({ source }: DeclaredVolume): boolean {
  return source.file === initVolumesFile;
}

/** Null where it can be a volume. */
function whyLeftOut(root: Files, known: readonly DeclaredVolume[], { name, mountPoint }: InitVolume): string | null {
  const other = known.find((volume) => volume.mountPoint === mountPoint || volume.name === name);
  if (other !== undefined) return `the volume ${other.name} is declared already (${placeOf(other.source)})`;
  if (declaredMounts(root).has(mountPoint)) return '/etc/fstab mounts something there';
  const type = root.status(mountPoint)?.type ?? 'directory';
  if (type !== 'directory') return `it is a ${type}, not a directory`;
  return boundaryKind(root, mountPoint) === null ? null : 'another filesystem or subvolume begins there';
}

function writeDeclarations(root: Files, volumes: readonly InitVolume[]): void {
  if (root.status(initVolumesFile) !== null) return;
  for (const directory of ancestorsOf(initVolumesFile)) {
    if (root.status(directory) !== null) continue;
    root.makeDirectory(directory);
    root.setMode(directory, 0o755);
  }
  writeWhole(root, initVolumesFile, bytesOfText(textOf(volumes)));
  root.setMode(initVolumesFile, 0o644);
  root.syncFilesystem();
}

function textOf(volumes: readonly InitVolume[]): string {
  const lines = volumes.map(({ name, mountPoint }) => `volume ${name} ${displayBytes(mountPoint)} class=data`);
  return ['# Written by migrate init.', ...lines, ''].join('\n');
}
