import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { databaseFailure } from './database-failure.ts';
import { type Conffile, parseConffile } from './dpkg-conffiles.ts';
import { type Paragraph, readParagraphs } from './paragraphs.ts';

/** A package of dpkg's status file. */
export type DpkgPackage = {
  readonly name: ByteString;
  readonly architecture: ByteString;
  readonly version: ByteString;
  /** Whether its files are on the disk: neither removed nor merely known. */
  readonly installed: boolean;
  readonly conffiles: readonly Conffile[];
  /** Names that it depends on or recommends, alternatives included. */
  readonly needs: readonly ByteString[];
  /** Names that it stands for besides its own. */
  readonly provides: readonly ByteString[];
};

/** Where dpkg keeps what is installed: paragraphs of `Field: value` lines, as in deb-control(5). */
export const statusFile: RootPath = '/var/lib/dpkg/status';

/** Reads dpkg's status file. Throws Failure `package-database`. */
export function readStatus(files: Files): DpkgPackage[] {
  return readParagraphs(files, statusFile).map((paragraph) => packageOf(paragraph, files));
}

function packageOf({ fields, line }: Paragraph, files: Files): DpkgPackage {
  const name = fields.get('Package');
  if (name === undefined) throw databaseFailure(files, statusFile, line, 'a package without the field "Package"');
  if (!/^\S+$/.test(name)) throw databaseFailure(files, statusFile, line, 'the field "Package" is not one word');
  const state = fields.get('Status')?.split(' ').at(-1) ?? 'not-installed';
  return {
    name,
    architecture: fields.get('Architecture') ?? '',
    version: fields.get('Version') ?? '',
    installed: state !== 'not-installed' && state !== 'config-files',
    conffiles: conffilesOf(fields.get('Conffiles') ?? '', (text) =>
      databaseFailure(files, statusFile, line, `a conffile of ${name} is not "path digest": "${text}"`),
    ),
    needs: ['Pre-Depends', 'Depends', 'Recommends'].flatMap((field) => namesIn(fields.get(field) ?? '')),
    provides: namesIn(fields.get('Provides') ?? ''),
  };
}

function conffilesOf(field: ByteString, malformed: (line: ByteString) => Error): Conffile[] {
  const lines = field.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const conffile = parseConffile(line);
    if (conffile === null) throw malformed(line);
    return conffile;
  });
}

/** The names of a relationship field: `a (>= 1) | b, c:any` (deb-control(5)). */
function namesIn(field: ByteString): ByteString[] {
  const words = field.split(/[,|]/).map((part) => /^\s*([^\s(:[]+)/.exec(part)?.[1]);
  return words.filter((name) => name !== undefined);
}
