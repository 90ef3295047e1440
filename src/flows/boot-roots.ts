import { type FoundRun, findRun } from '../apply/run-folder.ts';
import type { BootRequest } from '../domain/boot-request.ts';
import type { Choices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import type { NewRoot, NewRootKind } from '../storage/new-root.ts';
import type { System } from '../system/system.ts';
import { runDirectory } from './boot-records.ts';
import { keptChoices } from './kept-choices.ts';
import { textDigest } from './plan-migration.ts';

export const oldDirectory = `${runDirectory}/old`;
const baseDirectory = `${runDirectory}/base`;

/** The directories of a migration at boot; base is null where the old image is gone. */
export type OldAndBase = { readonly old: string; readonly base: string | null };

/** How long a device is waited for; what is slower has an unlocking step before us. */
const deviceSeconds = 90;

/** Waits until what will be the root is there: under its old name or, once committed, under the new one. */
export function waitForRoot({ mounts }: System, { root, new: image }: BootRequest): void {
  mounts.waitForAny([root.device, image.device], deviceSeconds);
}

/** The new root of the request, on the kind of storage that serves it. */
export async function prepareNewRoot(
  system: System,
  kinds: readonly NewRootKind[],
  request: BootRequest,
): Promise<NewRoot> {
  const kind = kinds.find((candidate) => candidate.serves(request));
  if (kind !== undefined) return await kind.prepare(request, runDirectory, system);
  throw new Failure({
    code: 'no-storage',
    kind: 'failed',
    message: 'Cannot make a new root: no kind of storage serves the request',
  });
}

/** Waits for the devices of old and, where there is one, base and mounts both read-only. Returns where they are. */
export function mountOldAndBase({ mounts }: System, { old, base }: Pick<BootRequest, 'old' | 'base'>): OldAndBase {
  for (const location of [old, base]) if (location !== null) mounts.waitForAny([location.device], deviceSeconds);
  mounts.unmount(oldDirectory);
  mounts.unmount(baseDirectory);
  mounts.mount(old, oldDirectory, { writable: false });
  if (base === null) return { old: oldDirectory, base: null };
  mounts.mount(base, baseDirectory, { writable: false });
  return { old: oldDirectory, base: baseDirectory };
}

export function unmountOldAndBase({ mounts }: System): void {
  mounts.unmount(oldDirectory);
  mounts.unmount(baseDirectory);
}

/** The answers that the old system keeps for the migration. */
export function readChoices({ openRoot }: System): Choices {
  const old = openRoot(oldDirectory);
  try {
    return keptChoices(old);
  } finally {
    old.close();
  }
}

/** Whether what `root=` names is the version of the request, by the records in it. */
export function wasMadeFor(system: System, newRoot: NewRoot, { version }: BootRequest): boolean {
  const found = runIn(system, newRoot);
  return found.state === 'committed' && found.record.version === version;
}

/** The records in the new root, looked at without changing anything. */
export function runIn(system: System, newRoot: NewRoot): FoundRun {
  const files = system.openRoot(newRoot.openReadOnly());
  try {
    return findRun(files, textDigest(system));
  } finally {
    files.close();
    newRoot.close();
  }
}
