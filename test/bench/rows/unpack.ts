import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundle } from '../../../.tools/bundle.ts';
import { command } from '../../../qemu/command.ts';
import type { ImageEntry } from '../../../src/images/image-entry.ts';
import { readTar } from '../../../src/images/tar/read-tar.ts';
import { streams } from '../../../src/system/real-streams.ts';
import { against, type Floor } from '../against.ts';
import { floorProgram } from '../floor-program.ts';
import type { Contender } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { debianRoot } from '../trees/debian.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 5;
const attributes = ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner'];

/** Unpacking an image, its digest being made on the way; a program of its own, so that the start of Node counts. */
export const unpacking: readonly Row[] = [
  {
    name: 'unpack',
    work: 'unpack an archive of 62,000 entries and 1.7 GB, with its digest',
    peer: 'tar -xpf --xattrs --acls',
    limit: 1.5,
    unit: 'ratio',
    measure: unpackDebian,
  },
];

async function unpackDebian(): Promise<Figures> {
  const { path } = await debianRoot('bookworm');
  return await withDirectory(async (directory) => {
    const [archive, target, entries] = ['image.tar', 'root', 'entries'].map((name) => join(directory, name)) as [
      string,
      string,
      string,
    ];
    await command('tar', ['--create', ...attributes, '--file', archive, '--directory', join(path, 'root'), '.']);
    await writeFile(entries, await entriesOf(archive), 'latin1');
    const emptied = async (): Promise<void> => {
      await command('rm', ['-rf', target]);
      await command('mkdir', [target]);
      await command('sync', []);
    };
    const floor: Floor = {
      before: emptied,
      what: 'Node on nothing but the system calls and the digest: read the archive, make, write, set owner, mode and time',
      command: [process.execPath, await floorProgram(directory, 'write-tree'), archive, entries, target],
    };
    const program = join(directory, 'unpack-archive.cjs');
    await bundle(join(import.meta.dirname, '../unpack-archive.ts'), program);
    const ours: Contender = { before: emptied, command: [process.execPath, program, archive, target] };
    const extract = ['--extract', '--preserve-permissions', ...attributes, '--file', archive, '--directory', target];
    const peer: Contender = { before: emptied, command: ['tar', ...extract] };
    return against(ours, peer, rounds, floor);
  });
}

/** What `floors/write-tree.ts` reads: nine fields for each entry but the root, ended by NUL each. */
async function entriesOf(archive: string): Promise<string> {
  const fields: (string | number)[] = [];
  await readTar(streams.read(archive), (entry) => {
    if (entry.path !== '/') fields.push(entry.type, entry.path, linkOf(entry), entry.size, ...numbersOf(entry));
  });
  return fields.map((field) => `${field}\0`).join('');
}

function linkOf({ type, target, linkTo }: ImageEntry): string {
  if (type === 'symlink') return target;
  return type === 'link' ? linkTo : '';
}

function numbersOf({ mode, uid, gid, mtime }: ImageEntry): readonly number[] {
  return [mode, uid, gid, mtime.seconds, mtime.nanoseconds];
}
