/** Starts to compare two subvolumes, base and ours, and is killed when it has its snapshot. */
import { mountsOf } from '../../../src/domain/mountinfo.ts';
import { withReadOnlyView } from '../../../src/storage/btrfs/read-only-view.ts';
import { system, withRoots } from './compare-ways.ts';

const [, , base = '', directory = ''] = process.argv;
withRoots([base, directory], ({ ours }) => {
  const subvolume = system.subvolumes.open(ours.root);
  const mount = mountsOf(system.readFile('/proc/self/mountinfo')).find(({ id }) => id === ours.status('/')?.mountId);
  if (subvolume === null || mount === undefined) throw new Error(`${directory} is no subvolume`);
  withReadOnlyView(system, subvolume, mount, () => process.kill(process.pid, 'SIGKILL'));
});
