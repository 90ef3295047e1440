import { parseRootLocation, type RootLocation, type StoreLocation } from '../../domain/boot-request.ts';
import { bytesOfText, textOrBytes } from '../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../domain/failure.ts';
import type { Mounts } from '../../system/mounts.ts';
import type { System } from '../../system/system.ts';
import { runDirectory } from '../boot-records.ts';
import { usualStore } from '../reach-store.ts';
import { readCommandLine } from '../read-boot-request.ts';

/** What is there for the person in the shell, in sentences; what is not, and why. */
export type ShellFacts = readonly string[];

const topDirectory = `${runDirectory}/store-top`;
const rootDirectory = `${runDirectory}/root`;
/** Where mount.migrate has the filesystem of a root of layers. */
const layersDirectory = `${runDirectory}/filesystem`;
/** Of the dracut module. */
const networkProgram = '/usr/lib/migrate/recovery-network';
const networkSeconds = 120;
/** Whoever wants a shell waits for no disk that may be broken. */
const deviceSeconds = 30;

/**
 * Makes the store and the root of the good version readable, and brings up the network, as far as each can be done: a shell
 * is wanted where something is broken.
 */
export async function prepareShell(system: System, store: StoreLocation): Promise<ShellFacts> {
  const facts = [orWhy('The store', () => mountStore(system, store)), orWhy('The root', () => mountRoot(system))];
  return [...facts, await bringUpNetwork(system)];
}

/** Lets go of what `prepareShell` has mounted, so that nothing is written after it. */
export function leaveShell({ mounts }: System): void {
  for (const directory of [usualStore, topDirectory, rootDirectory, layersDirectory]) mounts.unmount(directory);
}

function orWhy(what: string, make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError)) throw error;
    return `${what} is not there: ${error.message}`;
  }
}

function mountStore({ mounts }: System, { device, path }: StoreLocation): string {
  mounts.waitForAny([device], deviceSeconds);
  mounts.mount({ device, subvolume: null }, topDirectory, { writable: false, top: true });
  mounts.bind(bytesOfText(`${topDirectory}/${path}`), usualStore, { writable: false });
  return `The store is at ${usualStore}, read-only: migrate versions, migrate log and migrate volume ls read it`;
}

function mountRoot(system: System): string {
  const { mounts } = system;
  const root = parseRootLocation(readCommandLine(system));
  mounts.waitForAny([root.device], deviceSeconds);
  mounts.mount(root, rootDirectory, { writable: false, top: isWhole(mounts, root) });
  return `The root of the good version is at ${rootDirectory}, read-only`;
}

/** Whether it is all of a filesystem that has one top only, on which the store may be mounted already, writable below. */
function isWhole(mounts: Mounts, { device, subvolume, object }: RootLocation): boolean {
  return subvolume === null && object === undefined && mounts.filesystemOf(device) !== 'btrfs';
}

async function bringUpNetwork(system: System): Promise<string> {
  const options = { limitSeconds: networkSeconds, keptBytes: 4096, signal: new AbortController().signal };
  const { status, how, output } = await system.runLimited(networkProgram, [rootDirectory], options);
  const last = textOrBytes(output).trim().split('\n').at(-1) ?? '';
  return status === 0 ? last : `There is no network: ${last === '' ? how : last}`;
}
