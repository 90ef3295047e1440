import { Failure } from '../../domain/failure.ts';
import type { Place } from '../../domain/volume.ts';
import { placeOf } from '../../store/ledger-state.ts';
import { readStore } from '../../store/open-store.ts';
import type { Store } from '../../store/store.ts';
import type { ReceiveJob } from './receive-job.ts';

/** Receives a stream of the storage's own. Gives what is left to be done while nobody else changes the store: nothing. */
export async function receiveNative({ place, receiving, request, bytes, hooks }: ReceiveJob): Promise<() => void> {
  await readStore(place, async (store) => {
    const { native, capabilities } = store.backend;
    const format = capabilities.streams.find((one) => one === request.format);
    if (native === null || format === undefined) throw unknownFormat(store, request.format);
    const { sidecar, object } = receiving;
    const stream = { format, proof: request.proof, bytes };
    const options = { parent: parentOf(store, request.parent), sidecar, signal: hooks.signal };
    await native.receive(placeOf(store.state, object), stream, options);
  });
  return () => undefined;
}

function parentOf({ state }: Store, uuid: string | null): Place | null {
  if (uuid === null) return null;
  const parent = state.objects.get(uuid)?.record;
  if (parent?.kind === 'tag') return placeOf(state, parent);
  throw new Failure({
    code: 'parent-missing',
    kind: 'failed',
    message: `Cannot receive what builds on ${uuid}: there is no such tag here`,
    advice: 'Run it again: it is sent whole then',
  });
}

function unknownFormat({ backend }: Store, format: string): Failure {
  return new Failure({
    code: 'format',
    kind: 'failed',
    message: `Cannot receive a stream of ${format}: the store is on ${backend.name}`,
  });
}
