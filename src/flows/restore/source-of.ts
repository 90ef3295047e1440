import { Failure } from '../../domain/failure.ts';
import type { VersionRecord } from '../../domain/version.ts';
import type { Place } from '../../domain/volume.ts';
import { objectAt } from '../../store/ledger-state.ts';
import type { Store } from '../../store/store.ts';
import { objectMeant, rootOf, versionMeant } from '../object-meant.ts';
import { systemPlace } from '../staging/change-version.ts';

/** A side of the migration that made a version. */
export type Side = 'base' | 'ours' | 'theirs';

/** Where something is restored from. Throws Failure `no-object`, `no-root`, or `no-side` where the version has none. */
export function sourceOf(store: Store, { from, what }: { readonly from: string; readonly what: Side | null }): Place {
  if (what === null) return objectMeant(store, from);
  const version = versionMeant(store, from);
  if (version === null) throw noSide(`--what ${what} is for a version, and ${from} is none`);
  const place = sideOf(store, version, what);
  if (place !== null && objectAt(store.state, place) !== null) return place;
  throw noSide(
    place === null
      ? `${from} was made without ${what === 'ours' ? 'an old version' : 'an old image'}`
      : `what was its "${what}" is not in the store any more`,
  );
}

function sideOf(store: Store, { image, base, parent }: VersionRecord, side: Side): Place | null {
  if (side === 'theirs') return systemPlace('tag', image);
  if (side === 'base') return base === null ? null : systemPlace('tag', base);
  const old = parent === null ? null : versionMeant(store, parent);
  return old === null ? null : rootOf(store, old);
}

function noSide(why: string): Failure {
  return new Failure({
    code: 'no-side',
    kind: 'input',
    message: `Cannot restore from there: ${why}`,
    advice: 'See the versions and their images with migrate versions',
  });
}
