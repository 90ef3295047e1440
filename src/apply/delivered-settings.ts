import type { ByteString } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Action, Plan } from '../domain/plan.ts';
import type { Files } from '../system/files.ts';
import { type Regeneration, regenerations } from './regenerations.ts';

/**
 * What the image's own settings say to the programs that derive files from them, by path: a digest of the lines that
 * count. The image came with what these programs make of just those lines.
 */
export type DeliveredSettings = ReadonlyMap<RootPath, string>;

export type Digest = (content: ByteString) => string;

/** Larger than any settings, and small enough to be read twice. */
const largest = 2 ** 20;

/** Reads the settings that the plan puts something else in the place of. The image must be as delivered. */
export function readDelivered({ actions }: Plan, image: Files, digest: Digest): DeliveredSettings {
  const found = new Map<RootPath, string>();
  for (const action of actions) {
    const said = regenerations.map((regeneration) => whatIsSaid(action, regeneration, image, digest));
    const one = said.find((digested) => digested !== null) ?? null;
    if (one !== null) found.set(action.path, one);
  }
  return found;
}

/** A result in which settings have arrived, and what stood in their place. */
type Arrived = { readonly result: Files; readonly delivered: DeliveredSettings; readonly digest: Digest };

/** Whether what has arrived says to the program what the image's own settings said: no more than a comment differs. */
export function saysTheSame(
  action: Action,
  regeneration: Regeneration,
  { result, delivered, digest }: Arrived,
): boolean {
  const before = delivered.get(action.path);
  return before !== undefined && whatIsSaid(action, regeneration, result, digest) === before;
}

/** Null where that is not told by lines, or where nothing is said: programs tell no settings from empty ones. */
function whatIsSaid({ kind, path }: Action, { settings }: Regeneration, files: Files, digest: Digest): string | null {
  if (settings === null || kind !== 'file' || !settings.files.test(path)) return null;
  const status = files.status(path);
  if (status?.type !== 'file' || status.size > largest) return null;
  const said = linesOf(files.read(path)).filter((line) => !settings.passedOver.test(line.replace(/\n$/, '')));
  return said.length === 0 ? null : digest(said.join(''));
}

/** With their ends: a shell does not read a last line that has none. */
function linesOf(content: ByteString): string[] {
  return content.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
