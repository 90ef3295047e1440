import { requirePartName } from '../domain/volume-name.ts';

/** Names of the volumes that there are for whoever asks, or with `*` at the end how they begin; null for all. */
export type ServedVolumes = readonly string[] | null;

const anyEnding = '*';

/** Whether a volume of that name is one of them. */
export function isServed(served: ServedVolumes, name: string): boolean {
  if (served === null) return true;
  return served.some((one) => (one.endsWith(anyEnding) ? name.startsWith(one.slice(0, -1)) : name === one));
}

/** Throws Failure `name` where one is neither the name of a volume nor the beginning of one. */
export function requireServedVolumes(served: ServedVolumes): void {
  for (const one of served ?? []) requirePartName(one.endsWith(anyEnding) ? one.slice(0, -1) : one);
}
