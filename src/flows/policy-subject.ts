import type { ByteString } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { PackageDatabase } from '../packages/package-database.ts';
import type { RuleSubject } from '../policy/local-rules.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';
import { normalizedPath } from './explain-rule.ts';
import { databasesOf } from './packages-of.ts';

export type { RuleSubject };

/** The package that owns a path, and those of its files that differ from what it delivered. */
export type PackageOfPath = { readonly name: ByteString; readonly changed: readonly RootPath[] };

/**
 * What a person names: `pkg`, or `file` and a path, which is meant with all that is in it where it is a directory. One that
 * is not there (any more, or yet) is told by the slash at its end.
 */
export function subjectOf(root: Files, kind: 'file' | 'pkg', name: ByteString): RuleSubject {
  if (kind === 'pkg') return { kind: 'package', name };
  const path = normalizedPath(name);
  if (path === '/') throw everything();
  const type = root.status(path)?.type ?? (name.endsWith('/') ? 'directory' : null);
  return { kind: type === 'directory' ? 'subtree' : 'path', path };
}

/** Whether anything is there that is meant; the files of a package are what its database says. */
export function isThere(root: Files, subject: RuleSubject): boolean {
  return subject.kind === 'package' || root.status(subject.path) !== null;
}

/** The package that owns the path by the root's own database, or null. Throws Failure `package-database`. */
export function packageOfPath(system: System, root: Files, path: RootPath): PackageOfPath | null {
  const database = databasesOf(root, system).find((candidate) => candidate.ownerOf(path) !== null);
  const name = database?.ownerOf(path) ?? null;
  if (database === undefined || name === null) return null;
  const files = [...(database.filesOf(name) ?? [])].sort();
  return { name, changed: files.filter((file) => isChanged(root, database, file)) };
}

/** Whether the file is not as its package delivered it; where the database has no digest of it nobody knows. */
function isChanged(root: Files, database: PackageDatabase, path: RootPath): boolean {
  const digest = database.shipped(path)?.digest ?? null;
  if (digest === null || root.status(path)?.type !== 'file') return false;
  return root.digest(path, digest.algorithm) !== digest.hex;
}

/** A rule for all there is would overrule every other one, those for the image's own directories first. */
function everything(): Failure {
  return new Failure({
    code: 'whole-root',
    kind: 'input',
    message: 'Cannot persist or forget /: a rule for all there is would overrule every other rule',
    advice: 'Name what is meant below it; "default persist" in a policy carries whatever no other rule names',
  });
}
