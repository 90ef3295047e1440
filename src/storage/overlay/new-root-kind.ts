import type { NewRootKind } from '../new-root.ts';

/** Roots of layers: those that the kernel command line names as objects of a store. */
export const overlayNewRoot: NewRootKind = {
  name: 'overlay',
  serves: ({ root }) => root.object !== undefined,
  prepare: async (...request) => (await import('./new-root.ts')).prepareOverlay(...request),
};
