import assert from 'node:assert/strict';
import type { ObjectRecord } from '../../../src/domain/volume.ts';
import { type Outgoing, withOutgoing } from '../../../src/flows/transfer/send-tag.ts';
import type { TransferHooks } from '../../../src/flows/transfer/transfer-hooks.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { displayObject } from '../../../src/store/ledger-state.ts';
import { changeStore, readStore } from '../../../src/store/open-store.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { Peer, PutAnswer, PutRequest } from '../../../src/transfer/peer.ts';
import { connectPeer } from '../../../src/transfer/remote-peer.ts';
import { program } from '../../cli/run-migrate.ts';
import { StoreSandbox } from '../../store/store-sandbox.ts';
import { type FilesystemKind, withFilesystem } from '../../system/loop-filesystem.ts';

export type Kind = 'btrfs' | 'overlay';

/** The program, as sshd starts it. */
export const serveCommand = [...program, 'serve'] as const;

const filesystems: Readonly<Record<Kind, FilesystemKind>> = { btrfs: 'btrfs', overlay: 'ext4' };
const { streams } = realSystem(['/bin/false']);
export const { signal: never } = new AbortController();
export const hooks: TransferHooks = { signal: never, onProgress: () => undefined };

/** Two stores on filesystems of their own; the first has the sandbox's volume `db`, the second is empty. */
export async function withTwoStores(
  [here, there]: readonly [Kind, Kind],
  body: (here: StoreSandbox, there: StoreSandbox) => Promise<void>,
  { size = '512M' }: { readonly size?: string } = {},
): Promise<void> {
  await withFilesystem(filesystems[here], async (first) => {
    await withFilesystem(
      filesystems[there],
      async (second) => {
        const [a, b] = [new StoreSandbox(first, here), new StoreSandbox(second, there)];
        await a.renew();
        await b.renewEmpty();
        await body(a, b);
      },
      { size },
    );
  });
}

/** Talks with a program that serves the store, in a process of its own. */
export async function withPeer<Result>(
  store: StoreSandbox,
  use: (peer: Peer) => Promise<Result>,
  options: readonly string[] = [],
): Promise<Result> {
  const command = [...serveCommand, '--store', store.directory, ...options] as const;
  const peer = await connectPeer({ streams, command: [command[0], ...command.slice(1)], signal: never });
  try {
    return await use(peer);
  } finally {
    await peer.close();
  }
}

/** The record of a branch or tag by its name: `monday@db`. */
export function objectOf(store: StoreSandbox, name: string): ObjectRecord {
  return readStore(store.place, ({ state }) => {
    const known = state.objects.values().find(({ record }) => displayObject(state, record) === name);
    assert.ok(known !== undefined, `${name} is not there`);
    return known.record;
  });
}

export type Sending = {
  readonly tag: string;
  readonly format: 'btrfs' | 'tar';
  readonly parent?: string;
  readonly expects?: string | null;
  /** What the request says otherwise than it should. */
  readonly changed?: (request: PutRequest) => PutRequest;
  readonly bytes?: (outgoing: Outgoing) => Outgoing['bytes'];
};

/** Puts a tag of a store to a peer. */
export async function put(from: StoreSandbox, peer: Peer, sending: Sending): Promise<PutAnswer> {
  const { tag, format, expects = null } = sending;
  const parent = sending.parent === undefined ? null : objectOf(from, sending.parent).uuid;
  const request = { object: objectOf(from, tag).uuid, format, parent };
  return await withOutgoing(from.place, request, hooks, async (outgoing) => {
    const asked: PutRequest = { ...outgoing.offer, expects: expects === null ? null : objectOf(from, expects).uuid };
    const bytes = sending.bytes === undefined ? outgoing.bytes : sending.bytes(outgoing);
    return await peer.put(sending.changed === undefined ? asked : sending.changed(asked), bytes);
  });
}

/** The code of the refusal, or the name of what was received. */
export function outcomeOf(answer: PutAnswer): string {
  return answer.kind === 'refused' ? answer.refusal.code : `${answer.object.name}@${answer.volume.name}`;
}

/** Opens a store for a change, and tells what then is not as it should be, and what it does not know. */
export function findingsIn({ place }: StoreSandbox): string[] {
  changeStore(place, () => undefined);
  return checkStore(place).findings.map(({ kind, what, detail }) => `${kind}: ${what}: ${detail}`);
}
