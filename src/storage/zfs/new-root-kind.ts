import { datasetOfDevice } from '../../domain/zfs-dataset.ts';
import type { NewRootKind } from '../new-root.ts';

/** Roots that are datasets of ZFS: those that the kernel command line names as dracut's module of ZFS reads it. */
export const zfsNewRoot: NewRootKind = {
  name: 'zfs',
  serves: ({ root }) => datasetOfDevice(root.device) !== null && root.subvolume === null && root.object === undefined,
  prepare: async (...request) => (await import('./new-root.ts')).prepareZfs(...request),
};
