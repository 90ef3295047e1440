import type { Outcome } from '../apply/run-folder.ts';
import { type ByteString, bytesOfText, displayBytes, textOrBytes } from '../domain/bytes.ts';
import { Failure, SystemCallError } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import { planFromJson, planToJson } from '../domain/plan-json.ts';
import type { VersionRecord } from '../domain/version.ts';
import { versionFromJson, versionToJson } from '../domain/version-json.ts';
import { isFields } from '../domain/volume-json.ts';
import { replaceFile } from '../store/replace-file.ts';
import type { Store } from '../store/store.ts';
import type { System } from '../system/system.ts';
import type { LoggedMigration, MigrationsOfVersion } from './logged-migrations.ts';
import { textDigest } from './plan-migration.ts';

/** Where the store keeps what the log tells of versions whose roots are no more: a file for each, packed by zstd. */
const directory: RootPath = '/runs';
const ending = '.json.zst';
const schema = 'migrate.run/1';

/** Writes what there is to tell of a version, in place of what was kept before. Throws SystemCallError. */
export function keepRun({ files, system }: Store, { version, migrations, unreadable }: MigrationsOfVersion): void {
  const document = {
    schema,
    version: versionToJson(version),
    migrations: migrations.map(({ plan, ...rest }) => ({ ...rest, plan: plan === null ? null : planToJson(plan) })),
    ...(unreadable !== undefined && { unreadable }),
  };
  replaceFile(files, pathOfRun(version.id), system.compress(bytesOfText(JSON.stringify(document))));
}

/** Whether something is kept under the version's name, be it readable or not. */
export function isKept({ files }: Store, id: string): boolean {
  return files.status(pathOfRun(id)) !== null;
}

function pathOfRun(id: string): RootPath {
  return childOf(directory, `${id}${ending}`);
}

/** All that is kept, in no order. Adds to `problems` what cannot be read. */
export function readRuns({ files, system }: Store, problems: string[]): readonly MigrationsOfVersion[] {
  if (files.status(directory)?.type !== 'directory') return [];
  const names = files.list(directory).filter((name) => name.endsWith(ending));
  return names.flatMap((name) => {
    const path = childOf(directory, name);
    try {
      return runOf(files.read(path), displayBytes(`${files.root}${path}`), system);
    } catch (error) {
      if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
      problems.push(error.message);
      return [];
    }
  });
}

/** What is kept of a version itself, and not of an earlier one that had its name. */
export function keptOf(
  { id, order }: VersionRecord,
  kept: readonly MigrationsOfVersion[],
): MigrationsOfVersion | undefined {
  return kept.find(({ version }) => version.id === id && version.order === order);
}

/** The migrations to a version that are still to be read in the roots, and those of them that are only kept. */
export function joinedMigrations(
  version: VersionRecord,
  read: readonly LoggedMigration[],
  kept: readonly MigrationsOfVersion[],
): readonly LoggedMigration[] {
  const only = (keptOf(version, kept)?.migrations ?? []).filter(({ state }) =>
    read.every((one) => one.state !== state),
  );
  return [...read, ...only];
}

function runOf(packed: ByteString, file: string, system: System): MigrationsOfVersion {
  const text = system.decompress(ending, packed);
  const document = text === null ? null : jsonOrNull(textOrBytes(text));
  const { version, migrations, unreadable } = isFields(document) && document['schema'] === schema ? document : {};
  if (typeof version !== 'string' || !Array.isArray(migrations)) throw damaged(file);
  return {
    version: versionFromJson(version, file),
    migrations: migrations.map((migration) => migrationOf(migration, file, textDigest(system))),
    ...(typeof unreadable === 'string' && { unreadable }),
  };
}

function migrationOf(fields: unknown, file: string, digest: (text: string) => string): LoggedMigration {
  if (!isFields(fields)) throw damaged(file);
  const { state, plan: text, outcome, reason } = fields;
  const plan = typeof text === 'string' ? planFromJson(text, file, digest) : null;
  if (state === 'failed' && typeof reason === 'string') return { state, plan, reason };
  // As it was read before it was kept.
  if (state === 'committed' && plan !== null && isFields(outcome)) return { state, plan, outcome: outcome as Outcome };
  throw damaged(file);
}

function damaged(file: string): Failure {
  return new Failure({
    code: 'record-damaged',
    kind: 'failed',
    message: `Cannot read ${file}: it is not what migrate keeps there of a version that was removed`,
    advice: 'Move it out of the store: only the log needs it',
  });
}
