import type { ByteString } from '../../domain/bytes.ts';
import { displayBytes } from '../../domain/bytes.ts';
import { SystemCallError } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import type { LoaderState } from '../loader.ts';
import { notWritten } from '../not-written.ts';
import { blockSize, formatEnvironmentBlock, parseEnvironmentBlock } from './environment-block.ts';
import { generationOf, stateOf, variablesOf } from './state-variables.ts';

/** The two environments, by the names that GRUB calls them on the kernel command line (`migrate.env=a:17`). */
export type EnvironmentName = 'a' | 'b';

export const environmentNames: readonly EnvironmentName[] = ['a', 'b'];

/** One environment as it is on the disk; `content` is null where GRUB could not use it. */
export type Environment = {
  readonly name: EnvironmentName;
  /** Whether anything stands at its path. */
  readonly isThere: boolean;
  readonly content: { readonly generation: number; readonly state: LoaderState } | null;
};

/** An environment that says something. */
export type WholeEnvironment = Environment & { readonly content: NonNullable<Environment['content']> };

export function environmentPath(name: EnvironmentName): RootPath {
  return `/env.${name}`;
}

/** Both environments in the loader's directory, as a loader that is started now would find them. */
export function readEnvironments(files: Files): readonly Environment[] {
  return environmentNames.map((name) => readEnvironment(files, name));
}

/** The one that GRUB takes: of the greater generation; null where neither says anything. */
export function newestOf(environments: readonly Environment[]): WholeEnvironment | null {
  const whole = environments.filter((one): one is WholeEnvironment => one.content !== null);
  return whole.reduce<WholeEnvironment | null>(
    (best, one) => (best === null || one.content.generation > best.content.generation ? one : best),
    null,
  );
}

/**
 * Has both say this state. The one that GRUB does not use is written first, with the next generation, so that there is a
 * whole one at every moment; then the other one too, so that the loss of either brings nothing old back. Each is read back
 * from the disk. `checkpoint` brings what was written to where GRUB reads it. Throws Failure `loader-not-written`.
 */
export function writeEnvironments(files: Files, state: LoaderState, checkpoint: () => void): void {
  const environments = readEnvironments(files);
  const newest = newestOf(environments);
  const generation = newest?.content.generation ?? 0;
  const order = environmentNames.toSorted((a, b) => Number(a === newest?.name) - Number(b === newest?.name));
  for (const [index, name] of order.entries()) {
    const block = formatEnvironmentBlock(variablesOf(state, generation + 1 + index));
    writeBlock(files, environmentPath(name), block);
    checkpoint();
    if (files.readFromDisk(environmentPath(name)) !== block) {
      const shown = displayBytes(`${files.root}${environmentPath(name)}`);
      throw notWritten('GRUB', `${shown} does not hold what was written there`);
    }
  }
}

function readEnvironment(files: Files, name: EnvironmentName): Environment {
  const path = environmentPath(name);
  const status = files.status(path);
  if (status?.type !== 'file' || status.size !== blockSize) return { name, isThere: status !== null, content: null };
  const variables = parseEnvironmentBlock(readNewest(files, path));
  if (variables === null) return { name, isThere: true, content: null };
  const generation = generationOf(variables);
  const state = stateOf(variables);
  return { name, isThere: true, content: generation === null || state === null ? null : { generation, state } };
}

/** An ext4 that has turned itself read-only refuses even to bring to the disk what is not there yet (errors=remount-ro). */
function readNewest(files: Files, path: RootPath): ByteString {
  try {
    return files.readFromDisk(path);
  } catch (error) {
    if (error instanceof SystemCallError && error.code === 'EROFS') return files.read(path);
    throw error;
  }
}

/** In the blocks that the file has, as GRUB does; one that is missing, or has not the length of one, is made anew. */
function writeBlock(files: Files, path: RootPath, block: ByteString): void {
  const status = files.status(path);
  if (status?.type === 'file' && status.size === blockSize) files.overwriteDurably(path, block);
  else writeDurably(files, path, block);
}
