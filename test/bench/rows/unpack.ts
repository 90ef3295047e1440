import { join } from 'node:path';
import { command } from '../../../qemu/command.ts';
import { against } from '../against.ts';
import type { Contender } from '../measure.ts';
import type { Figures, Row } from '../row.ts';
import { debianRoot } from '../trees/debian.ts';
import { withDirectory } from '../with-directory.ts';

const rounds = 5;
const attributes = ['--xattrs', '--xattrs-include=*', '--acls', '--numeric-owner'];

/** Unpacking an image, its digest being made on the way; run from the sources, so that the start of Node counts. */
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
    const [archive, target] = [join(directory, 'image.tar'), join(directory, 'root')];
    await command('tar', ['--create', ...attributes, '--file', archive, '--directory', join(path, 'root'), '.']);
    const emptied = async (): Promise<void> => {
      await command('rm', ['-rf', target]);
      await command('mkdir', [target]);
      await command('sync', []);
    };
    const script = join(import.meta.dirname, '../unpack-archive.ts');
    const ours: Contender = { before: emptied, command: [process.execPath, script, archive, target] };
    const extract = ['--extract', '--preserve-permissions', ...attributes, '--file', archive, '--directory', target];
    const peer: Contender = { before: emptied, command: ['tar', ...extract] };
    return against(ours, peer, rounds);
  });
}
