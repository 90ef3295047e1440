import { displayBytes } from '../domain/bytes.ts';
import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { orderDeclared } from '../policy/order-volumes.ts';
import { parseVolumes } from '../policy/parse-volumes.ts';
import { type DropIns, type DropInTree, readDropIns } from './read-drop-ins.ts';

/** Where an image declares volumes, and where a machine does. */
export const volumeDirectories = { image: '/usr/lib/migrate/volumes.d', machine: '/etc/migrate/volumes.d' } as const;

const declarations: DropIns = {
  noun: 'declaration of volumes',
  ending: '.volume',
  code: 'volume-unreadable',
  advice: 'Make it a readable file in a real directory',
};

/**
 * The volumes that an image (theirs) and a machine (ours) declare, in the order in which they are mounted. As with
 * policies, a file of the machine's replaces one of the image's with the same name, and a link to /dev/null switches it
 * off. Throws Failure `volume-syntax` or `volume-unreadable`.
 */
export function loadVolumes({
  theirs,
  ours,
}: {
  readonly theirs: DropInTree;
  readonly ours: DropInTree;
}): DeclaredVolume[] {
  const files = [
    ...readDropIns(theirs, volumeDirectories.image, declarations),
    ...readDropIns(ours, volumeDirectories.machine, declarations),
  ];
  const byName = new Map(files.map((file) => [file.name, file]));
  const inOrder = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return orderDeclared(inOrder.flatMap(({ path, text }) => parseVolumes(text, displayBytes(path))));
}
