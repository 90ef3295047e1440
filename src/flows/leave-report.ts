import { writeWhole } from '../apply/run-folder.ts';
import { type ByteString, bytesOfText, displayBytes } from '../domain/bytes.ts';
import { errorCode, Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** Why a migration failed, as the old system finds it in `/var/lib/migrate/failed/<version>`. */
export type FailureReport = {
  readonly version: string;
  readonly reason: string;
  /** The plan as it was written, where it came to one. */
  readonly plan: ByteString | null;
};

/** Where the report of a version lies in the root that it was to replace. */
export function failedFolder(version: string): RootPath {
  return `/var/lib/migrate/failed/${version}`;
}

/** Writes the report below the old root, through no link. Throws Failure `no-report`. */
export function leaveReport(old: Files, { version, reason, plan }: FailureReport): void {
  const folder = failedFolder(version);
  const outcome = { schema: 'migrate.failure/1', version, reason };
  try {
    makeFolder(old, folder);
    writeWhole(old, childOf(folder, 'outcome.json'), bytesOfText(`${JSON.stringify(outcome)}\n`));
    if (plan !== null) writeWhole(old, childOf(folder, 'plan.json'), plan);
    old.syncFilesystem();
  } catch (error) {
    if (errorCode(error) === null) throw error;
    const where = displayBytes(`${old.root}${folder}`);
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure({ code: 'no-report', kind: 'failed', message: `Cannot write the report to ${where}: ${why}` });
  }
}

/** Makes a directory with those above it where they are missing. */
export function makeFolder(files: Files, folder: RootPath): void {
  for (const path of [...ancestorsOf(folder), folder]) {
    if (files.status(path) === null) files.makeDirectory(path);
  }
}
