import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { mountsOf } from '../../domain/mountinfo.ts';
import { asciiJson, isFields } from '../../domain/volume-json.ts';
import { parseObjectName } from '../../domain/volume-name.ts';
import { displayPlace, placeOf } from '../../store/ledger-state.ts';
import { holdStore } from '../../store/open-store.ts';
import { objectCalled } from '../../store/resolve.ts';
import type { System } from '../../system/system.ts';
import { placeOfStore, type StoreRequest } from '../place-of-store.ts';
import { withRoot } from '../with-root.ts';

type Request = StoreRequest & { readonly name: string; readonly at: string; readonly readOnly: boolean };

export type Mounted = { readonly name: string; readonly directory: string };

/** What was mounted by us is noted here, until the next start of the machine. */
const records = '/run/migrate/mounts';

/**
 * Mounts a branch or tag at an empty directory, which is made where it is missing, while nobody takes the content of the
 * branch: what is written to it then would be written to what was taken. Throws Failure `not-empty`.
 */
export async function mountObject(system: System, request: Request): Promise<Mounted> {
  const name = parseObjectName(request.name);
  const { at } = request;
  return holdStore(await placeOfStore(system, request), (store) => {
    const place = placeOf(store.state, objectCalled(store, name));
    if (system.exists(at) && withRoot(system, at, (files) => files.list('/').length) > 0) throw notEmpty(at);
    store.backend.mount(place, at, { writable: !request.readOnly });
    const directory = textOrBytes(system.directory(at));
    const record = { name: displayPlace(place), directory, mount: mountAt(system, directory) };
    system.writeFile(recordOf(system, directory), `${asciiJson(record)}\n`);
    return { name: displayPlace(place), directory };
  });
}

/** Unmounts what `mountObject` mounted, and nothing else. Throws Failure `not-mounted`. */
export function unmountObject(system: System, at: string): Mounted {
  const directory = textOrBytes(system.directory(at));
  const file = recordOf(system, directory);
  const record: unknown = system.exists(file) ? JSON.parse(system.readFile(file)) : null;
  const mount = mountAt(system, directory);
  if (!isFields(record) || mount === null || record['mount'] !== mount) throw notMounted(at);
  system.mounts.unmount(directory);
  withRoot(system, records, (files) => files.unlink(file.slice(records.length)));
  return { name: String(record['name']), directory };
}

/** What tells a mount from another that comes to lie at the same directory: numbers of mounts are used again. */
function mountAt({ readFile }: System, directory: string): string | null {
  const path = bytesOfText(directory);
  const mount = mountsOf(readFile('/proc/self/mountinfo')).findLast((one) => one.directory === path);
  return mount === undefined ? null : [mount.id, mount.device, mount.root, mount.filesystem, mount.source].join(' ');
}

function recordOf({ digest }: System, directory: string): string {
  return `${records}/${digest(asciiJson(directory)).slice(0, 32)}.json`;
}

function notEmpty(directory: string): Failure {
  return new Failure({
    code: 'not-empty',
    kind: 'input',
    message: `Cannot mount at ${directory}: something is in it, or is mounted there, and would be hidden`,
    advice: 'Name an empty directory, or one that is not there yet',
  });
}

function notMounted(directory: string): Failure {
  return new Failure({
    code: 'not-mounted',
    kind: 'input',
    message: `Cannot unmount ${directory}: nothing that migrate has mounted is there`,
    advice: 'What something else mounted, umount takes away',
  });
}
