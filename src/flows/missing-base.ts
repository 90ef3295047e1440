import { Failure } from '../domain/failure.ts';
import type { ItemDraft } from '../domain/item.ts';
import type { RootPath } from '../domain/path.ts';
import type { Digest } from '../domain/shipped.ts';
import type { PackageDatabase } from '../packages/package-database.ts';
import type { Files } from '../system/files.ts';
import type { Trees } from '../tree/compare-trees.ts';
import { reconstructBase } from '../tree/reconstruct-base.ts';

/** A tree in the place of the old image, and what it was made from, for a person. */
export type StandIn = { readonly base: Files; readonly name: string };

/** What stands in for an old image that is gone (case 66): what the package databases of the old system know of it. */
export function standInForBase(
  { ours, theirs }: Pick<Trees, 'ours' | 'theirs'>,
  databases: readonly PackageDatabase[],
  isIgnored: (path: RootPath) => boolean,
): StandIn {
  const readable = databases.filter(isReadable);
  const base = reconstructBase(ours, theirs, {
    shipped: (path) => firstOf(readable, (database) => database.shipped(path)),
    pathsWith: byDigest(readable),
    paths: () => readable.flatMap((database) => [...database.paths()]),
    isIgnored,
  });
  const kinds = readable.map(({ kind }) => kind).join(' and ');
  return { base, name: kinds === '' ? 'none (no package checksums either)' : `none (package checksums of ${kinds})` };
}

/** Named in the plan as degraded; blocks nothing. */
export function noBaseDraft(name: string): ItemDraft {
  return {
    kind: 'no-base',
    subject: '/',
    severity: 'warning',
    blocks: 'nothing',
    title: 'The old image is not there: what was changed here is told from less than it would tell',
    detail: `Base: ${name}. What differs from the new image and cannot be told stays as it is here, with an item; what was changed on both sides is merged only where a copy of what was delivered is left`,
    resolutions: [],
    facts: name,
  };
}

function firstOf<Value>(
  databases: readonly PackageDatabase[],
  ask: (database: PackageDatabase) => Value | null,
): Value | null {
  for (const database of databases) {
    const answer = ask(database);
    if (answer !== null) return answer;
  }
  return null;
}

/** Most migrations ask for no digest at all, so that the index waits for the first. */
function byDigest(databases: readonly PackageDatabase[]): (digest: Digest) => readonly RootPath[] {
  let index: Map<string, RootPath[]> | null = null;
  return ({ algorithm, hex }) => {
    index ??= indexOf(databases);
    return index.get(`${algorithm} ${hex}`) ?? [];
  };
}

function indexOf(databases: readonly PackageDatabase[]): Map<string, RootPath[]> {
  const index = new Map<string, RootPath[]>();
  for (const database of databases) {
    for (const path of database.paths()) {
      const digest = database.shipped(path)?.digest ?? null;
      if (digest === null) continue;
      const key = `${digest.algorithm} ${digest.hex}`;
      const paths = index.get(key);
      if (paths === undefined) index.set(key, [path]);
      else paths.push(path);
    }
  }
  return index;
}

/** One that cannot be read tells nothing; an item says so (`packages-unread`). */
function isReadable(database: PackageDatabase): boolean {
  try {
    database.installed();
    return true;
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}
