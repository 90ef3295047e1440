import { Failure } from '../../domain/failure.ts';
import type { ObjectKind, ObjectRecord } from '../../domain/volume.ts';
import { displayVolumeName, parseObjectName } from '../../domain/volume-name.ts';
import { displayObject } from '../../store/ledger-state.ts';
import { makeObject } from '../../store/make-object.ts';
import { changeStore } from '../../store/open-store.ts';
import { objectCalled, volumeCalled } from '../../store/resolve.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { requireOfNoVersion } from './references.ts';

type Request = StoreRequest & {
  readonly kind: ObjectKind;
  /** The name of the new one, and of that whose content it gets. */
  readonly name: string;
  readonly from: string;
  readonly withoutNested: boolean;
};

export type Copied = { readonly name: string; readonly from: string; readonly object: ObjectRecord };

/** Makes a branch, or a tag, with the content that a branch or tag has now. */
export async function copyObject(system: System, request: Request): Promise<Copied> {
  const { kind, withoutNested } = request;
  const name = parseObjectName(request.name);
  if (name.kind !== kind) throw otherKind(request);
  const source = parseObjectName(request.from);
  return changeStore(await placeOfStore(system, request), (store) => {
    const from = objectCalled(store, source);
    const volume = volumeCalled(store, name);
    if (from.volume !== volume.uuid) throw otherVolume(request);
    requireOfNoVersion(store, { volume: volume.name, kind, name: name.name });
    const object = makeObject(store, { volume, kind, name: name.name, from, withoutNested });
    return { name: displayVolumeName(name), from: displayObject(store.state, from), object };
  });
}

function otherKind({ kind, name }: Request): Failure {
  return new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot make the ${kind} ${name}: that is no name of a ${kind}`,
    advice: 'Branches are called VOLUME/BRANCH, tags TAG@VOLUME',
  });
}

function otherVolume({ name, from }: Request): Failure {
  return new Failure({
    code: 'other-volume',
    kind: 'input',
    message: `Cannot make ${name} of ${from}: they are of different volumes`,
    advice: 'A volume is one tree of branches; copy the files into a branch of the other',
  });
}
