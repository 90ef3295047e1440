import { bytesOfText } from '../../src/domain/bytes.ts';
import type { Place } from '../../src/domain/volume.ts';
import { overlayBackend } from '../../src/storage/overlay/backend.ts';
import { realSystem } from '../../src/system/real-system.ts';
import { walkCandidates } from '../../src/tree/walk-candidates.ts';

export const image: Place = { volume: 'system', kind: 'tag', name: 'image' };
export const ours: Place = { volume: 'system', kind: 'branch', name: 'ours' };

/** Finds what was changed in the branch `ours` of a store on overlay since its tag `image`; returns how much that is. */
export function findOnOverlay(store: string): number {
  const system = realSystem(['/bin/false']);
  const backend = overlayBackend.open(bytesOfText(store), system);
  const candidates = backend.candidates(image, ours);
  if (candidates === null) throw new Error('overlay does not know what was changed');
  const readOnly = { writable: false };
  return backend.withContent(image, readOnly, (before) =>
    backend.withContent(ours, readOnly, (after) => {
      const [base, now] = [system.openRoot(before), system.openRoot(after)];
      const interest = { isIgnored: () => false, isPinned: () => false, onProgress: () => undefined };
      const { length } = walkCandidates(base, now, candidates, interest).changes;
      base.close();
      now.close();
      return length;
    }),
  );
}
