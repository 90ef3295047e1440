import { requirePartName } from '../../domain/volume-name.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore } from '../place-of-store.ts';
import { type BackedUp, pushToRestic } from './push-to-restic.ts';
import { type Pushed, type PushRequest, pushToStore } from './push-to-store.ts';
import { remoteMeant } from './remote-meant.ts';

export type { BackedUp, Pushed };

/** Sends a tag, or what a branch holds now, to a remote. Throws Failure `name`, those of `remoteMeant`, and of what the remote is. */
export async function push(
  system: System,
  request: PushRequest & { readonly remote: string; readonly init: boolean },
): Promise<Pushed | BackedUp> {
  if (request.as !== null) requirePartName(request.as);
  const { remote, address } = remoteMeant(await placeOfStore(system, request), request.remote);
  if (address.kind !== 'restic') return await pushToStore(system, { remote, address }, request);
  return await pushToRestic(system, { ...request, repository: address.repository });
}
