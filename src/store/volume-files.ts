import type { ByteString } from '../domain/bytes.ts';
import { childOf, parentOf } from '../domain/path.ts';
import type { VolumeRecord } from '../domain/volume.ts';
import type { Files } from '../system/files.ts';
import { readIfThere } from './replace-file.ts';
import type { Digest } from './sealed.ts';
import { parseVolumeFile, type VolumeFile } from './sidecar.ts';
import { volumeFilePath, volumesPath } from './store-files.ts';

/** The record that lies in the directory of a volume; null where it is damaged, or not ours. */
export type FoundVolume = {
  readonly directory: ByteString;
  readonly file: VolumeFile | null;
  readonly text: ByteString;
};

/** The records of volumes that lie in the store, in the order of their directories. */
export function foundVolumes(files: Files, digest: Digest): FoundVolume[] {
  if (files.status(volumesPath)?.type !== 'directory') return [];
  return files.list(volumesPath).flatMap((directory) => {
    if (files.status(childOf(volumesPath, directory))?.type !== 'directory') return [];
    const text = readIfThere(files, volumeFilePath(directory));
    return text === null ? [] : [{ directory, file: parseVolumeFile(text, digest), text }];
  });
}

/** Removes the record of a volume that is no more, unless another has its name. */
export function removeVolumeFile(files: Files, digest: Digest, { uuid, name }: VolumeRecord): void {
  const path = volumeFilePath(name);
  const text = readIfThere(files, path);
  if (text === null || parseVolumeFile(text, digest)?.volume.uuid !== uuid) return;
  files.unlink(path);
  files.sync(parentOf(path));
}
