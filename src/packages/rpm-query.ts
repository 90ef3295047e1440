import { type ByteString, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import type { System } from '../system/system.ts';

/** What asking rpm needs of this machine. */
export type RpmTools = Pick<System, 'commands' | 'writeFile' | 'withTemporaryDirectory'>;

/** Where rpm keeps its database; the older place is a link to the newer one where both are there. */
const directories: readonly RootPath[] = ['/usr/lib/sysimage/rpm', '/var/lib/rpm'];
/** The database of each of rpm's backends (sqlite, ndb, Berkeley DB). */
const databases: readonly ByteString[] = ['rpmdb.sqlite', 'Packages.db', 'Packages'];
/** What belongs to it: what sqlite has not written to its place yet, and ndb's index. */
const companions: readonly ByteString[] = ['rpmdb.sqlite-wal', 'Index.db'];

/** The directory of the tree's rpm database and the file that holds it, or null where the tree has none. */
export function findRpm(files: Files): { readonly directory: RootPath; readonly file: RootPath } | null {
  for (const directory of directories) {
    for (const name of databases) {
      const file = childOf(directory, name);
      if (files.status(file)?.type === 'file') return { directory, file };
    }
  }
  return null;
}

/**
 * Asks rpm for all packages of a tree, in the given format. On a copy of the database: even to read it, rpm writes beside
 * it, and fails where it cannot (run with rpm 4.18). By the machine's rpm, or where it has none, as in an initramfs, by
 * the tree's own. Throws Failure `no-rpm` where neither has one, and `command`.
 */
export function queryRpm(files: Files, directory: RootPath, format: string, tools: RpmTools): ByteString {
  return tools.withTemporaryDirectory((copy) => {
    for (const name of [...databases, ...companions]) {
      const file = childOf(directory, name);
      if (files.status(file)?.type === 'file') tools.writeFile(`${copy}/${name}`, files.read(file));
    }
    const query = ['-qa', '--queryformat', format];
    if (tools.commands.has('rpm')) {
      return tools.commands.run('rpm', ['--dbpath', copy, ...query], { bytes: true }).stdout;
    }
    return queryByOwn(files, directory, { copy, query }, tools);
  });
}

type Own = { readonly copy: string; readonly query: readonly string[] };

/** The tree's rpm finds the copy in the place of its database. */
function queryByOwn(files: Files, directory: RootPath, { copy, query }: Own, { commands }: RpmTools): ByteString {
  if (files.root === '/' || files.status('/usr/bin/rpm')?.type !== 'file') throw noRpm(files);
  const root = textOrBytes(files.root);
  commands.run('mount', ['--bind', copy, `${root}${directory}`]);
  try {
    return commands.run('chroot', [root, '/usr/bin/rpm', '--dbpath', directory, ...query], { bytes: true }).stdout;
  } finally {
    commands.run('umount', [`${root}${directory}`]);
  }
}

function noRpm({ root }: Files): Failure {
  return new Failure({
    code: 'no-rpm',
    kind: 'failed',
    message: `Cannot read the rpm database of ${textOrBytes(root)}: there is no rpm on this machine nor in that system`,
    advice: 'Install rpm, or name files instead of packages in the policy',
  });
}
