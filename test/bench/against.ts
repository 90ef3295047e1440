import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { alternate, type Contender, median, type Times } from './measure.ts';
import type { Figures } from './row.ts';

/** The program as it is delivered, or another build of it to compare with; its start is a part of every time. */
export const binary = resolve(process.env['MIGRATE_BINARY'] ?? 'dist/migrate');

/** A part of our work that is measured beside it. */
export type Part = Contender & { readonly what: string };

/** A part that no change of ours makes shorter. */
export type Floor = Part;

/**
 * Our median against the peer's, in turn with it the floor and other parts. Notes tell what the parts take, and what is
 * left of ours beyond the first.
 */
export async function against(
  ours: Contender,
  peer: Contender,
  rounds: number,
  floor: Floor | null = null,
  parts: readonly Part[] = [],
): Promise<Figures> {
  const named = Object.fromEntries(parts.map((part) => [part.what, part]));
  const all = await alternate<string>({ ...named, ours, peer, ...(floor === null ? {} : { floor }) }, rounds);
  const timesOf = (name: string): Times => all[name] ?? [];
  const ratioOf = (name: string): number => median(timesOf(name)) / median(timesOf('peer'));
  const figures = {
    value: ratioOf('ours'),
    ours: timesOf('ours'),
    peer: timesOf('peer'),
    notes: [
      ...parts.map(({ what }) => `${what}: ${ratioOf(what).toFixed(2)}`),
      ...parts.slice(0, 1).map(({ what }) => `beyond ${what}: ${(ratioOf('ours') - ratioOf(what)).toFixed(2)}`),
    ],
  };
  if (floor === null) return figures;
  return { ...figures, floor: { what: floor.what, value: ratioOf('floor'), times: timesOf('floor') } };
}

/** The start of the Node that the program is packed with: the least that anything of ours takes. */
export async function startOfNode(directory: string): Promise<Floor> {
  const script = join(directory, 'empty.js');
  await writeFile(script, '');
  return { what: 'Node alone, on an empty script', command: [process.execPath, script] };
}

/** All that comes before and after looking for changes: what a search takes in two empty trees. */
export async function startOfOurs(directory: string): Promise<Part> {
  const [base, old] = [join(directory, 'empty-base'), join(directory, 'empty-old')];
  for (const tree of [base, old]) await mkdir(tree);
  return { what: 'our start, on empty trees', command: [binary, 'diff', '--base', base, '--old', old] };
}

/**
 * A policy that leaves nothing to the image: then every content is read, as the peers do. The shipped policy takes equal
 * size and time for equal content below /usr.
 */
export async function readingPolicy(directory: string): Promise<string> {
  const file = join(directory, 'everything.policy');
  await writeFile(file, 'default  persist\n');
  return file;
}
