import { recordFiles } from '../../apply/run-folder.ts';
import { Failure } from '../../domain/failure.ts';
import { nameOf } from '../../domain/path.ts';

/** How the endings of files want them packed, as options of GNU tar. */
const packings: Readonly<Record<string, readonly string[]>> = {
  '.tar': [],
  '.tar.zst': ['--zstd'],
  '.tar.gz': ['--gzip'],
  '.tar.xz': ['--xz'],
};

/**
 * Options of GNU tar that keep all that a root holds, each as bytes: `SCHILY.xattr.*` has access lists and capabilities too,
 * as their values and so by numbers. Sorted and without access times and process numbers, one root gives one archive.
 */
export const whole: readonly string[] = [
  ...['--create', '--format=posix', '--numeric-owner', '--sparse', '--sort=name'],
  ...['--xattrs', '--xattrs-include=*'],
  '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
];

/** Options that write everything below a directory to an archive, by name, or to standard output. */
export function archiving(root: string, archive: string): readonly string[] {
  // Without it a name with a colon is that of another machine.
  return ['--force-local', '--file', archive, '--directory', root, '.'];
}

/** Leaves out what a root keeps of the migration that made it. */
export const withoutRecords: readonly string[] = [
  ...['--anchored', '--no-wildcards'],
  ...recordFiles.map((path) => `--exclude=.${path}`),
];

/** The options that pack a file as the ending of its name says. Throws Failure `archive-name`. */
export function packingOf(file: string): readonly string[] {
  const name = nameOf(`/${file}`);
  const ending = Object.keys(packings).find((each) => name.endsWith(each) && name.length > each.length);
  const packing = ending === undefined ? undefined : packings[ending];
  if (packing !== undefined) return packing;
  throw new Failure({
    code: 'archive-name',
    kind: 'input',
    message: `Cannot tell how to pack ${file}: its name has to end in ${Object.keys(packings).join(', ')}`,
  });
}
