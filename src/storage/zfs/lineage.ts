import { type Dataset, filesystemOf } from './datasets.ts';

/** What something descends from in a filesystem: what that held up to a snapshot, or holds now where that is null. */
type Link = { readonly filesystem: string; readonly snapshot: Dataset | null };

/**
 * The youngest snapshot that both descend from, or that is one of the two: what neither has changed since is the same in
 * both. Null where they share none.
 */
export function sharedSnapshot(all: readonly Dataset[], a: Dataset, b: Dataset): Dataset | null {
  const byName = new Map(all.map((one) => [one.name, one]));
  const ofB = new Map(lineOf(byName, b).map((link) => [link.filesystem, link]));
  for (const link of lineOf(byName, a)) {
    const other = ofB.get(link.filesystem);
    if (other !== undefined) return older(link.snapshot, other.snapshot);
  }
  return null;
}

function lineOf(byName: ReadonlyMap<string, Dataset>, dataset: Dataset): Link[] {
  const line: Link[] = [];
  let next: Dataset | undefined = dataset;
  while (next !== undefined) {
    const filesystem = filesystemOf(next.name);
    line.push({ filesystem, snapshot: next.isSnapshot ? next : null });
    const origin: string | null = byName.get(filesystem)?.origin ?? null;
    next = origin === null ? undefined : byName.get(origin);
  }
  return line;
}

function older(a: Dataset | null, b: Dataset | null): Dataset | null {
  if (a === null || b === null) return a ?? b;
  return a.transaction < b.transaction ? a : b;
}
