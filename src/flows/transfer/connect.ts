import { peerCommand } from '../../domain/peer-command.ts';
import type { System } from '../../system/system.ts';
import type { Peer } from '../../transfer/peer.ts';
import { connectPeer } from '../../transfer/remote-peer.ts';
import type { StoreRemote } from './remote-meant.ts';

/** Hands on a connection to another store and ends it, whatever happens. Throws those of `connectPeer`. */
export async function withPeer<Result>(
  { streams, selfCommand }: System,
  { remote, address }: StoreRemote,
  signal: AbortSignal,
  use: (peer: Peer) => Promise<Result>,
): Promise<Result> {
  const peer = await connectPeer({ streams, command: peerCommand(remote, address, selfCommand), signal });
  const result = await use(peer).catch(async (error: unknown) => {
    // What went wrong before is what there is to tell.
    await peer.close().catch(() => undefined);
    throw error;
  });
  await peer.close();
  return result;
}
