import type { NewRootKind } from '../new-root.ts';

/** Roots on volumes of LVM: those that the kernel command line names by the device mapper's node. */
export const lvmThinNewRoot: NewRootKind = {
  name: 'lvm-thin',
  serves: ({ root }) => root.device.startsWith('/dev/mapper/') && root.subvolume === null && root.object === undefined,
  prepare: async (...request) => (await import('./new-root.ts')).prepareLvmThin(...request),
};
