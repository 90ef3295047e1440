import { textOrBytes } from '../../domain/bytes.ts';
import { childOf, type RootPath } from '../../domain/path.ts';
import type { Place } from '../../domain/volume.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { makeDirectories, volumesPath } from '../object-places.ts';
import { isSubvolumeAt } from './subvolume-object.ts';

/** Where streams are received; no volume has a name that begins with a point. */
const above: RootPath = `${volumesPath}/.receiving`;

/** The directory that a stream for a tag is carried out in, and that holds nothing else. */
export function receivingPath({ volume, name }: Place): RootPath {
  return `${above}/${name}@${volume}`;
}

/** Makes it, empty. */
export function makeReceiving(system: System, files: Files, place: Place): void {
  clearReceiving(system, files, place);
  makeDirectories(files, receivingPath(place));
}

/** Removes it with all that a stream has made there, be it ever so strange; what is not there, too. */
export function clearReceiving(system: System, files: Files, place: Place): void {
  const path = receivingPath(place);
  if (files.status(path) === null) return;
  for (const name of files.list(path)) {
    const inside = childOf(path, name);
    if (!isSubvolumeAt(files, inside)) continue;
    const directory = textOrBytes(`${files.root}${inside}`);
    system.commands.run('btrfs', ['subvolume', 'delete', '--commit-after', directory]);
  }
  system.commands.run('rm', ['-r', '--one-file-system', '--', textOrBytes(`${files.root}${path}`)]);
}
