import type { ByteString } from '../domain/bytes.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';

/** A package of dpkg's status file. */
export type DpkgPackage = {
  readonly name: ByteString;
  readonly architecture: ByteString;
  /** Whether its files are on the disk: neither removed nor merely known. */
  readonly installed: boolean;
};

/** Where dpkg keeps what is installed: paragraphs of `Field: value` lines, as in deb-control(5). */
export const statusFile = '/var/lib/dpkg/status';

/** Reads dpkg's status file. Throws Failure `package-database`. */
export function readStatus(files: Files): DpkgPackage[] {
  const packages: DpkgPackage[] = [];
  let fields = new Map<ByteString, ByteString>();
  let start = 1;
  for (const [index, line] of `${files.read(statusFile)}\n\n`.split('\n').entries()) {
    if (line === '') {
      if (fields.size > 0) packages.push(packageOf(fields, files, start));
      fields = new Map();
      start = index + 2;
      continue;
    }
    // A line that starts with white space goes on with the field above it.
    if (line.startsWith(' ') || line.startsWith('\t')) continue;
    const colon = line.indexOf(':');
    if (colon <= 0) throw databaseFailure(files, statusFile, index + 1, 'not of the form "Field: value"');
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return packages;
}

function packageOf(fields: ReadonlyMap<ByteString, ByteString>, files: Files, line: number): DpkgPackage {
  const name = fields.get('Package');
  if (name === undefined) throw databaseFailure(files, statusFile, line, 'a package without the field "Package"');
  const state = fields.get('Status')?.split(' ').at(-1) ?? 'not-installed';
  const installed = state !== 'not-installed' && state !== 'config-files';
  return { name, architecture: fields.get('Architecture') ?? '', installed };
}
