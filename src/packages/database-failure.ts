import { displayBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';

/** Failure `package-database`: a line of the database that cannot be read. Lines count from 1. */
export function databaseFailure(files: Files, file: RootPath, line: number, problem: string): Failure {
  const place = files.root === '/' ? file : `${files.root}${file}`;
  return new Failure({
    code: 'package-database',
    kind: 'failed',
    message: `${displayBytes(place)}, line ${line}: ${problem}`,
    advice: 'Repair the package database of that system, or name files instead of packages in the policy.',
  });
}
