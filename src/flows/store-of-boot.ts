import type { LoaderChoice } from '../boot/loader-choice.ts';
import type { BootRequest } from '../domain/boot-request.ts';
import type { Reset } from '../domain/reset.ts';
import type { ResetRecord } from '../domain/reset-states.ts';
import type { StoreKind } from '../storage/storage-kinds.ts';
import type { System } from '../system/system.ts';
import type { CarriedAtBoot } from './old-volumes-at-boot.ts';
import type { RootsToBind } from './plan-bindings.ts';
import type { BootStep } from './record-at-boot.ts';
import type { FinishRequest } from './reset/total/finish-at-boot.ts';
import type { RootsToMigrate } from './version-to-make.ts';

/** A boot that may have no store: then nothing is to be done, and the code of stores is not even loaded. */
type Request = Pick<BootRequest, 'store' | 'version'>;

type KindsAtBoot = { readonly storeKinds: readonly StoreKind[]; readonly loaderKinds?: readonly LoaderChoice[] };

/** Refuses a start that a loader should have counted; see `requireCounted`. */
export async function requireCountedStart(system: System, kinds: KindsAtBoot, request: Request): Promise<void> {
  if (request.store === null) return;
  const { requireCounted } = await import('./loader/require-counted.ts');
  await requireCounted(system, kinds, request);
}

/** Has the store know what this boot does with its version; see `recordAtBoot`. */
export async function recordInStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
  step: BootStep,
): Promise<string | null> {
  if (store === null) return null;
  const { recordAtBoot } = await import('./record-at-boot.ts');
  return await recordAtBoot(system, storeKinds, { store, version }, step);
}

/** Whether there is an old system whose state can be taken over. */
type FromOld = Request & { readonly withOld?: boolean };

/** Hands on what the version takes over; see `oldVolumesAtBoot`. */
export async function withVolumesOfStore<Result>(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version, withOld = true }: FromOld,
  roots: RootsToMigrate,
  use: (carried: CarriedAtBoot) => Result,
): Promise<Result> {
  if (store === null) return use({ parts: [], migrated: [], toFill: [], reset: undefined });
  const { oldVolumesAtBoot } = await import('./old-volumes-at-boot.ts');
  return await oldVolumesAtBoot(system, storeKinds, { store, version, withOld }, roots, use);
}

/** Gives the version that is being made its volumes; see `bindVolumesAtBoot`. */
export async function bindVolumesOfStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version, withOld = true }: FromOld,
  roots: RootsToBind,
): Promise<string[]> {
  if (store === null) return [];
  const { bindVolumesAtBoot } = await import('./bind-volumes-at-boot.ts');
  return await bindVolumesAtBoot(system, storeKinds, { store, version, withOld }, roots);
}

/** The reset that the version is, where it is one that destroys everything else and was asked for; see `confirmTotalAtBoot`. */
export async function confirmTotalOfStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
): Promise<Reset | null> {
  if (store === null) return null;
  const { confirmTotalAtBoot } = await import('./reset/total/confirm-at-boot.ts');
  return await confirmTotalAtBoot(system, storeKinds, { store, version });
}

/** Goes on with such a reset, where the version is one, once its root is committed; see `finishTotalAtBoot`. */
export async function finishTotalOfStore(
  system: System,
  { store, version }: Request,
  request: Pick<FinishRequest, 'storeKinds' | 'loaderKinds' | 'onMessage'>,
): Promise<void> {
  if (store === null) return;
  const { finishTotalAtBoot } = await import('./reset/total/finish-at-boot.ts');
  await finishTotalAtBoot(system, { store, version, ...request });
}

/** Has a loader that starts what it has not counted start the good version next; see `startGoodNext`. Null without a store. */
export async function startGoodNextOfStore(
  system: System,
  kinds: Required<KindsAtBoot>,
  { store }: Pick<Request, 'store'>,
): Promise<string | null> {
  if (store === null) return null;
  const { startGoodNext } = await import('./loader/start-good-next.ts');
  return await startGoodNext(system, kinds, store);
}

/** Counts a start of the version after which the machine starts anew; see `countStartAnew`. Null without a store. */
export async function countStartAnewInStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store, version }: Request,
  why: string,
): Promise<number | null> {
  if (store === null) return null;
  const { countStartAnew } = await import('./health/count-start-anew.ts');
  return await countStartAnew(system, storeKinds, { store, version }, why);
}

/** The reset that destroys everything else in the store of a boot; see `readResetAtBoot`. Null without a store. */
export async function resetInStore(
  system: System,
  storeKinds: readonly StoreKind[],
  { store }: Pick<Request, 'store'>,
): Promise<ResetRecord | null> {
  if (store === null) return null;
  const { readResetAtBoot } = await import('./reset/total/read-at-boot.ts');
  return await readResetAtBoot(system, storeKinds, { store });
}
