import type { ByteString } from '../domain/bytes.ts';
import type { FileType } from '../domain/entry.ts';
import type { RootPath } from '../domain/path.ts';
import type { DigestAlgorithm, PackageFileClass, Shipped } from '../domain/shipped.ts';

/** A file of a package in rpm's database. */
export type RpmFile = {
  readonly path: RootPath;
  readonly class: PackageFileClass | null;
  /** Null for what the package only declares (%ghost): it was never delivered. */
  readonly shipped: Shipped | null;
};

/** A package in rpm's database. */
export type RpmPackage = {
  readonly name: ByteString;
  readonly version: ByteString;
  readonly needs: readonly ByteString[];
  readonly provides: readonly ByteString[];
  readonly files: readonly RpmFile[];
};

/** Asks for one line a package, requirement, capability and file; rpm knows no other mark than tab and newline. */
export const recordFormat = [
  '@\\t%{NAME}\\t%{EPOCH}\\t%{VERSION}-%{RELEASE}\\t%{FILEDIGESTALGO}\\n',
  '[R\\t%{REQUIRENAME}\\n]',
  '[P\\t%{PROVIDENAME}\\n]',
  '[F\\t%{FILEFLAGS}\\t%{FILESTATES}\\t%{FILEMODES:octal}\\t%{FILEUSERNAME}\\t%{FILEGROUPNAME}\\t%{FILEDIGESTS}\\t%{FILELINKTOS}\\t%{FILENAMES}\\n]',
].join('');

/** What rpm prints where a package lacks a tag. */
const none = '(none)';
/** Flags of a file (rpmfiles.h). */
const configFlag = 1;
const ghostFlag = 64;

/** Numbers of digests, as in OpenPGP (RFC 4880, section 9.4); packages without one are from before there was a choice. */
const algorithms: ReadonlyMap<string, DigestAlgorithm> = new Map([
  [none, 'md5'],
  ['1', 'md5'],
  ['2', 'sha1'],
  ['8', 'sha256'],
  ['9', 'sha384'],
  ['10', 'sha512'],
  ['11', 'sha224'],
]);

/** Types by the bits of a mode above the permissions (inode(7)). */
const types: ReadonlyMap<number, FileType> = new Map([
  [0o010000, 'fifo'],
  [0o020000, 'character'],
  [0o040000, 'directory'],
  [0o060000, 'block'],
  [0o100000, 'file'],
  [0o120000, 'symlink'],
  [0o140000, 'socket'],
]);

type Draft = { name: ByteString; version: ByteString; algorithm: DigestAlgorithm | undefined } & {
  readonly needs: ByteString[];
  readonly provides: ByteString[];
  readonly files: RpmFile[];
};

/** Reads what rpm printed in `recordFormat`. `malformed` makes the error for the line with that number, from 1. */
export function parseRecords(text: ByteString, malformed: (line: number) => Error): RpmPackage[] {
  const packages: Draft[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line !== '' && !takeLine(packages, line)) throw malformed(index + 1);
  }
  return packages;
}

/** Whether the line could be read. */
function takeLine(packages: Draft[], line: ByteString): boolean {
  const [kind, ...fields] = line.split('\t');
  if (kind === '@') {
    packages.push(draftOf(fields));
    return fields.length === 4;
  }
  const current = packages.at(-1);
  if (current === undefined) return false;
  if (kind === 'R') current.needs.push(fields.join('\t'));
  else if (kind === 'P') current.provides.push(fields.join('\t'));
  else if (kind === 'F') return takeFile(current, fields);
  else return false;
  return true;
}

function takeFile(current: Draft, fields: readonly ByteString[]): boolean {
  const file = fileOf(fields, current);
  if (file !== null && file !== 'absent') current.files.push(file);
  return file !== null;
}

function draftOf([name = '', epoch = '', version = '', algorithm = '']: readonly ByteString[]): Draft {
  const full = epoch === none ? version : `${epoch}:${version}`;
  return { name, version: full, algorithm: algorithms.get(algorithm), needs: [], provides: [], files: [] };
}

/** `absent` for what was not installed with the package, or was replaced by another's. */
function fileOf(fields: readonly ByteString[], { algorithm }: Draft): RpmFile | 'absent' | null {
  const [flagText = '', state, modeText = '', user = '', group = '', hex = '', target = '', ...rest] = fields;
  const path = rest.join('\t');
  const mode = Number.parseInt(modeText, 8);
  // A package without files prints one line of (none).
  if (flagText === none || path === none) return 'absent';
  const type = types.get(mode & 0o170000);
  if (!path.startsWith('/') || !/^\d+$/.test(flagText) || Number.isNaN(mode)) return null;
  if (state !== '0' && state !== none) return 'absent';
  const flags = Number(flagText);
  const isGhost = (flags & ghostFlag) !== 0;
  const ghost = isGhost ? 'ghost' : null;
  const shipped: Shipped | null =
    isGhost || type === undefined
      ? null
      : {
          digest: type === 'file' && hex !== '' && algorithm !== undefined ? { algorithm, hex } : null,
          target: type === 'symlink' ? target : null,
          attributes: { type, mode: mode & 0o7777, user, group },
        };
  return { path, class: (flags & configFlag) === 0 ? ghost : 'configuration', shipped };
}
