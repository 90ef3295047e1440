import type { ObjectRecord } from '../../domain/volume.ts';

/** What stands in the notes of every tag that came from another store or a repository, whatever that said of it. */
export const receivedNote: ObjectRecord['notes'] = { received: 'yes' };

/** Whether a tag was received: what its notes say otherwise, somebody else has written. */
export function isReceived({ notes }: Pick<ObjectRecord, 'notes'>): boolean {
  return notes['received'] !== undefined;
}
