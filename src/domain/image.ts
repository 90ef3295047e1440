import type { ObjectRecord } from './volume.ts';

/** What the notes of a tag say that an import has made. */
export const imagePurpose = 'image';

/** The note of a tag of what a version held: the image that the version itself came from. */
export const imageNote = 'image';

/** What came with `migrate init` where the image was gone, or is of a version, is a tag of the same volume. */
export function isImage({ kind, notes }: Pick<ObjectRecord, 'kind' | 'notes'>): boolean {
  return kind === 'tag' && notes['purpose'] === imagePurpose;
}
