import type { BootRequest } from '../domain/boot-request.ts';
import { bytesOfText } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { System } from '../system/system.ts';

/** Where everything lies that a boot with a migration makes: a tmpfs that the booted system keeps. */
export const runDirectory = '/run/migrate';
/** The plan of this boot, for the report of a failure. */
export const plannedFile = `${runDirectory}/plan.json`;
/** Why the migration of this boot failed, in its own words. */
export const failureFile = `${runDirectory}/failure`;
/** How falling back ended, from the process that did. */
export const fellBackFile = `${runDirectory}/fell-back.json`;
export const bootedFile = `${runDirectory}/booted.json`;

/** Which version runs, for the booted system: the command line is only a request. */
export type Booted = {
  readonly schema: 'migrate.booted/1';
  readonly version: string | null;
  /** `migrated` in this boot, `committed` by an earlier one, or the previous version after a `fallback`. */
  readonly outcome: 'migrated' | 'committed' | 'fallback';
  readonly root: BootRequest['root'];
  /** Why it fell back. */
  readonly reason: string | null;
  /** Of a fallback that has not given the version up: it could not be told whether that is made, and the next start tries it. */
  readonly forNow?: true;
};

export function writeBooted(system: System, booted: Omit<Booted, 'schema'>): void {
  system.writeFile(bootedFile, bytesOfText(`${JSON.stringify({ schema: 'migrate.booted/1', ...booted })}\n`));
}

/** Keeps why the migration failed, for the process that falls back. */
export function recordBootFailure(system: System, error: unknown): void {
  const advice = error instanceof Failure && error.advice !== null ? `. ${error.advice}` : '';
  const message = error instanceof Error ? error.message : String(error);
  system.writeFile(failureFile, bytesOfText(`${message}${advice}`));
}
