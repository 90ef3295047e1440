import { Failure } from '../../domain/failure.ts';
import type { Commands } from '../../system/commands.ts';
import type { Room } from '../backend.ts';
import { type PoolOfStore, type PoolState, readPool } from './thin-pool.ts';

const gibibyte = 2 ** 30;
/** Least that must be free: this part of the pool, but no more than the bytes. */
const least = { part: 0.05, bytes: gibibyte };
/** Metadata is small, and a pool that runs out of it has to be repaired. */
const leastOfMetadata = 0.1;

/**
 * Refuses to make anything in a pool that is nearly full: one that is full fails writes in all that lies in it, the running
 * root too (case 126). Throws Failure `no-space`.
 */
export function requireSpace(commands: Commands, of: PoolOfStore, state: PoolState): void {
  const active = ofActive(commands, of, state);
  const { metadataPercent } = active;
  const { free, needed } = spaceIn(active);
  if (free < needed) throw tooFull(of, `${inMebibytes(free)} MiB are free, and ${inMebibytes(needed)} are to stay so`);
  if (1 - (metadataPercent ?? 100) / 100 >= leastOfMetadata) return;
  throw tooFull(of, `${metadataPercent} % of its metadata is taken, and 10 % are to stay free`);
}

/** How much can be written so that something can still be made afterwards, as the branch of what was filled is. */
export function roomIn(commands: Commands, of: PoolOfStore, state: PoolState): Room {
  const { free, needed } = spaceIn(ofActive(commands, of, state));
  const bytes = Math.max(0, Math.floor(free - needed));
  return { where: `the thin pool ${of.group}/${of.pool}`, bytes, reserved: needed };
}

/** Bytes that are free in a pool, and how many of them are to stay so. */
function spaceIn({ size, dataPercent }: PoolState): { readonly free: number; readonly needed: number } {
  return { free: size * (1 - (dataPercent ?? 100) / 100), needed: Math.min(size * least.part, least.bytes) };
}

/** Only an active pool tells how full it is. */
function ofActive(commands: Commands, of: PoolOfStore, state: PoolState): PoolState {
  if (state.dataPercent !== null && state.metadataPercent !== null) return state;
  commands.run('lvchange', ['--activate', 'y', `${of.group}/${of.pool}`]);
  return readPool(commands, of);
}

function tooFull({ group, pool }: PoolOfStore, why: string): Failure {
  return new Failure({
    code: 'no-space',
    kind: 'failed',
    message: `Cannot make anything in the thin pool ${group}/${pool}: ${why}`,
    advice: 'Make it larger with lvextend, or remove branches and tags: migrate volume gc, migrate prune',
  });
}

function inMebibytes(bytes: number): number {
  return Math.floor(bytes / 2 ** 20);
}
