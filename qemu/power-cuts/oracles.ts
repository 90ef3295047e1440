import { CommandError } from '../command.ts';
import { oldVersion } from './cut-machine.ts';
import { type Difference, differences, type Manifest, manifestsOf, withoutOwn } from './manifest.ts';
import type { Recording } from './recording.ts';

/** What a version must hold, and what its system changes by itself. */
type Oracle = { readonly manifest: Manifest; readonly own: readonly Difference[] };

/** What each version must hold, by its id. */
export type Oracles = ReadonlyMap<string, Oracle>;

const volume = 'migrate/volumes/system';

function branchOf(version: string): string {
  return `${volume}/branches/${version}`;
}

/**
 * The old version as it was before, and the new one as it was when it was committed; both against what they were in the
 * end, for what a running system changes.
 */
export async function oraclesOf({ start, end, newVersion }: Recording): Promise<Oracles> {
  const born = `${volume}/tags/born-${newVersion}`;
  const [oldBefore] = await manifestsOf(start, [branchOf(oldVersion)]);
  const [oldAfter, newBefore, newAfter] = await manifestsOf(end, [branchOf(oldVersion), born, branchOf(newVersion)]);
  return new Map([
    [oldVersion, oracle(oldBefore, oldAfter)],
    [newVersion, oracle(newBefore, newAfter)],
  ]);
}

function oracle(manifest: Manifest = new Map(), after: Manifest = new Map()): Oracle {
  return { manifest, own: differences(manifest, after) };
}

const shown = 5;
const nothing: Oracle = { manifest: new Map(), own: [] };

/** What is wrong with versions on a disk that is switched off: a text for each that is not what it must be. */
export async function damageOf(
  disk: string,
  versions: readonly string[],
  oracles: Oracles,
): Promise<readonly string[]> {
  const known = versions.filter((version) => oracles.has(version));
  try {
    const manifests = await manifestsOf(disk, known.map(branchOf));
    return known.flatMap((version, index) => damageOfOne(version, oracles.get(version), manifests[index]));
  } catch (error) {
    if (error instanceof CommandError) return [`the disk cannot be read: ${error.message}`];
    throw error;
  }
}

function damageOfOne(version: string, { manifest, own }: Oracle = nothing, now: Manifest = new Map()): string[] {
  const found = withoutOwn(differences(manifest, now), own);
  if (found.length === 0) return [];
  const some = found.slice(0, shown).map(({ path, what }) => `/${path} (${what})`);
  const more = found.length > shown ? ` and ${found.length - shown} more` : '';
  return [`${version} is not what it was: ${some.join(', ')}${more}`];
}
