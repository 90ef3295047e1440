/** What the machine does from `migrate stage` to good, in its order, and what its console shows when each part begins. */
export const phases = [
  { name: 'stage', begins: /cuts: staging/ },
  // Staged and armed: from now on the new version must come.
  { name: 'restart', begins: /cuts: staged/ },
  { name: 'migration', begins: /Linux version 6\.12\./ },
  { name: 'trial', begins: /is made and committed/ },
  { name: 'commit', begins: /after the soak time/ },
  // Committed: from now on no start is a try any more.
  { name: 'good', begins: /cuts: good/ },
] as const;

/** The name of one of them. */
export type Phase = (typeof phases)[number]['name'];

/** Their names, in their order. */
export const phaseNames: readonly Phase[] = phases.map(({ name }) => name);
