import type { LoaderChoice } from '../boot/loader-choice.ts';
import { type BootRequest, displayLocation } from '../domain/boot-request.ts';
import { bytesOfText } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { Plan } from '../domain/plan.ts';
import { planToJson } from '../domain/plan-json.ts';
import type { NewRoot } from '../storage/new-root.ts';
import type { StorageKinds } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import { applyMigration } from './apply-migration.ts';
import { plannedFile, writeBooted } from './boot-records.ts';
import {
  mountOldAndBase,
  prepareNewRoot,
  readChoices,
  unmountOldAndBase,
  waitForRoot,
  wasMadeFor,
} from './boot-roots.ts';
import type { CarriedAtBoot } from './old-volumes-at-boot.ts';
import { withTrees } from './plan-migration.ts';
import type { OnProgress } from './progress.ts';
import { readBootRequest } from './read-boot-request.ts';
import type { BootStep } from './record-at-boot.ts';
import { despiteDamage } from './reset/total/despite-damage.ts';
import {
  bindVolumesOfStore,
  confirmTotalOfStore,
  finishTotalOfStore,
  recordInStore,
  requireCountedStart,
  withVolumesOfStore,
} from './store-of-boot.ts';
import type { RootsToMigrate } from './version-to-make.ts';

/** What the person at the console and the journal hear of. */
export type BootEvents = {
  readonly onMessage: (message: string) => void;
  readonly onProgress: OnProgress;
  readonly onPlan: (plan: Plan) => void;
};

/** What a boot may work on; a loader is asked whether it has counted, and by a reset that destroys what it would start. */
export type BootKinds = StorageKinds & { readonly loaderKinds?: readonly LoaderChoice[] };

/**
 * Makes the version that the kernel command line asks for, unless an earlier boot has. Nothing that `root=` finds exists
 * before this has succeeded; every failure is thrown, and whoever supervises falls back.
 */
export async function migrateAtBoot(system: System, storage: BootKinds, events: BootEvents): Promise<void> {
  const request = readBootRequest(system);
  const { version, root } = request;
  const newRoot = await prepareNewRoot(system, storage.newRoots, request);
  waitForRoot(system, request);
  const record = async (step: BootStep): Promise<void> => {
    const problem = await recordInStore(system, storage.storeKinds, request, step);
    if (problem !== null) events.onMessage(problem);
  };
  const finish = async (): Promise<void> => {
    const { onMessage } = events;
    const { storeKinds, loaderKinds = [] } = storage;
    await finishTotalOfStore(system, request, { storeKinds, loaderKinds, onMessage });
  };
  if (newRoot.isCommitted()) {
    if (!wasMadeFor(system, newRoot, request)) throw foreignRoot(request);
    events.onMessage(`${version} was made by an earlier boot`);
    await record({ kind: 'committed' });
    if (request.enabled) await finish();
    writeBooted(system, { version, outcome: 'committed', root, reason: null });
    return;
  }
  if (!request.enabled)
    throw new Failure({ code: 'disabled', kind: 'failed', message: 'rd.migrate=0 is on the kernel command line' });
  const { old, new: image } = request;
  await requireCountedStart(system, storage, request);
  const total = await confirmTotalOfStore(system, storage.storeKinds, request);
  events.onMessage(`making ${version} from ${displayLocation(image)} with the state of ${displayLocation(old)}`);
  await record({ kind: 'migrating' });
  const takeOver = (withOld: boolean): Promise<void> =>
    makeRoot(system, storage, { request, newRoot, withOld }, events);
  await (total === null ? takeOver(true) : despiteDamage(total, takeOver, events.onMessage));
  newRoot.commit();
  await record({ kind: 'committed' });
  if (total !== null) await finish();
  writeBooted(system, { version, outcome: 'migrated', root, reason: null });
  events.onMessage(`${version} is made and committed`);
}

type RootToMake = {
  readonly request: BootRequest;
  readonly newRoot: NewRoot;
  /** False where nothing of the old system is looked at: the image stands for it, which has changed nothing. */
  readonly withOld: boolean;
};

/** Makes all of the new root but its commit. */
async function makeRoot(
  system: System,
  { storeKinds, changeSources }: StorageKinds,
  { request, newRoot, withOld }: RootToMake,
  events: BootEvents,
): Promise<void> {
  const { version, old, base, new: image } = request;
  const mounted = mountOldAndBase(system, withOld ? { old, base } : { old: image, base: null });
  const roots = { ...mounted, new: newRoot.open() };
  const from = { ...request, withOld };
  const { migrated, toFill, reset } = await withVolumesOfStore(system, storeKinds, from, roots, (carried) => {
    make(system, { version, roots, ...carried, changeSources, resumes: newRoot.resumes }, events);
    return carried;
  });
  if (reset !== undefined) {
    const { unpackFactory } = await import('./reset/unpack-factory.ts');
    const wanted = { reset, old: mounted.old, result: roots.new };
    for (const note of await unpackFactory(system, wanted, system.signOfProgress)) events.onMessage(note);
  }
  const bound = { old: mounted.old, result: roots.new, migrated, toFill };
  for (const note of await bindVolumesOfStore(system, storeKinds, from, bound)) events.onMessage(note);
  unmountOldAndBase(system);
}

type Making = Pick<StorageKinds, 'changeSources'> &
  Omit<CarriedAtBoot, 'migrated' | 'toFill'> & {
    readonly version: string;
    readonly roots: RootsToMigrate;
    readonly resumes: boolean;
  };

function make(
  system: System,
  { version, roots, parts, reset, changeSources, resumes }: Making,
  events: BootEvents,
): void {
  const request = {
    ...roots,
    oldParts: parts,
    reset,
    policyFiles: null,
    choices: readChoices(system),
    changeSources,
    unattended: true,
    boot: { version, resumes },
    onProgress: events.onProgress,
    onPlan: (plan: Plan) => {
      system.writeFile(plannedFile, bytesOfText(planToJson(plan)));
      events.onPlan(plan);
    },
  };
  const applied = withTrees(system, request, (opened) => applyMigration(system, opened, request));
  if (applied.status === 'waiting') throw waiting(applied.items);
  for (const { key, resolution } of applied.outcome.defaults) events.onMessage(`default taken: ${key}: ${resolution}`);
  for (const note of applied.outcome.notes) events.onMessage(`note: ${note}`);
}

function waiting(items: readonly { readonly key: string; readonly title: string }[]): Failure {
  const titles = items.map(({ key, title }) => `${title} [${key}]`).join('; ');
  return new Failure({
    code: 'items-wait',
    kind: 'failed',
    message: `Cannot migrate: ${titles}`,
    advice:
      'Answer in /var/lib/migrate/choices.json of the old system, with the key and fingerprint that migrate plan shows',
  });
}

function foreignRoot({ root, version }: BootRequest): Failure {
  return new Failure({
    code: 'foreign-root',
    kind: 'failed',
    message: `Cannot boot ${displayLocation(root)} as ${version}: it was not made for that version`,
    advice: 'Give the version a name in root= and rootflags= that nothing else has',
  });
}
