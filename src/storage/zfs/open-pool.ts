import { Failure } from '../../domain/failure.ts';
import type { Commands } from '../../system/commands.ts';
import type { Room } from '../backend.ts';
import { poolFailure, requirePool } from '../pool.ts';
import type { Dataset } from './datasets.ts';

/** The dataset below which a store keeps its own: `tank/store`. Throws Failure `pool` where it is none or not there. */
export function openPool(commands: Commands, pool: string | undefined): string {
  const name = requirePool('zfs', pool, 'POOL/DATASET');
  if (!/^[A-Za-z0-9][A-Za-z0-9_.: -]*(\/[A-Za-z0-9_.: -]+)+$/.test(name) || name.length > 120) {
    throw poolFailure(`${name} is no name of a dataset in a pool`, 'Name it with --pool POOL/DATASET');
  }
  try {
    commands.run('zfs', ['list', '-H', '-t', 'filesystem', '-o', 'name', name]);
    return name;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw poolFailure(
      error.message,
      `Import its pool (zpool import), or make it: zfs create -o mountpoint=none ${name}`,
    );
  }
}

/** Throws Failure `locked` where what the dataset holds cannot be read, as it is encrypted and its key is not loaded. */
export function requireKey({ name, lockedBy }: Dataset): void {
  if (lockedBy === null) return;
  throw new Failure({
    code: 'locked',
    kind: 'failed',
    message: `Cannot use ${name}: it is encrypted, and its key is not loaded`,
    advice: `Load it: zfs load-key ${lockedBy}`,
  });
}

/** What datasets below the store's can still take: of the pool, and of the quotas above them (zfsprops(7), `available`). */
export function roomIn(commands: Commands, name: string): Room {
  const { stdout } = commands.run('zfs', ['list', '-H', '-p', '-t', 'filesystem', '-o', 'available', name]);
  return { where: `the dataset ${name}`, bytes: Number(stdout) };
}
