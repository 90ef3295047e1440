import { imageNote } from '../../domain/image.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { ObjectRecord } from '../../domain/volume.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { systemPlace } from '../staging/change-version.ts';
import { purposes } from '../staging/purposes.ts';

/**
 * The image as delivered that a version comes from: its own, or where it was made of what another version held, that one's.
 * Null where there was none, or it is gone: what the tag of its own image holds then has the machine's changes in it.
 */
export function imageOfVersion({ state }: Store, { image }: Pick<VersionRecord, 'image'>): ObjectRecord | null {
  const tag = objectAt(state, systemPlace('tag', image))?.record;
  if (tag === undefined || tag.notes['purpose'] === 'found') return null;
  if (tag.notes['purpose'] !== purposes.switch) return tag;
  const noted = tag.notes[imageNote];
  return noted === undefined ? null : (objectAt(state, systemPlace('tag', noted))?.record ?? null);
}
