import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { receiveTag } from '../../../src/flows/transfer/receive-tag.ts';
import { withOutgoing } from '../../../src/flows/transfer/send-tag.ts';
import { serveStore } from '../../../src/flows/transfer/serve-store.ts';
import { realSystem } from '../../../src/system/real-system.ts';
import type { Conversation } from '../../../src/system/streams.ts';
import type { Patience } from '../../../src/transfer/patience.ts';
import type { Peer } from '../../../src/transfer/peer.ts';
import { connectPeer } from '../../../src/transfer/remote-peer.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { findingsIn, hooks, never, objectOf, withTwoStores } from './two-stores.ts';

// Images in memory: what is tested is who waits for whom, not what a disk takes.
process.env['TMPDIR'] = '/dev/shm';

const { streams } = realSystem(['/bin/false']);
const silence = 1000;
const patient: Patience = { silence, pulse: 100 };
const mute: Patience = { silence, pulse: 600_000 };

type Transfer = (from: StoreSandbox, to: StoreSandbox, peer: Peer) => Promise<unknown>;

async function push(from: StoreSandbox, _to: StoreSandbox, peer: Peer): Promise<unknown> {
  const asked = { object: objectOf(from, 'large@db').uuid, format: 'btrfs', parent: null } as const;
  return await withOutgoing(from.place, asked, hooks, ({ offer, bytes }) =>
    peer.put({ ...offer, expects: null }, bytes),
  );
}

async function fetch(from: StoreSandbox, to: StoreSandbox, peer: Peer): Promise<unknown> {
  const answer = await peer.get({ object: objectOf(from, 'large@db').uuid, format: 'btrfs', parent: null });
  assert.ok(answer.kind === 'sent');
  return await receiveTag(to.place, { ...answer.offer, expects: null }, () => answer.bytes, hooks);
}

type Case = {
  readonly name: string;
  readonly slow: 'send' | 'receive';
  readonly transfer: Transfer;
  /** Which store is the one that is served. */
  readonly served: 'from' | 'to';
  /** Which end has to say that it is still there, as the other hears nothing else of it. */
  readonly silent: 'asking' | 'answering';
};

const cases: readonly Case[] = [
  { name: 'a push to a slow disk', slow: 'receive', transfer: push, served: 'to', silent: 'answering' },
  { name: 'a push of what takes long to find', slow: 'send', transfer: push, served: 'to', silent: 'asking' },
  { name: 'a fetch to a slow disk', slow: 'receive', transfer: fetch, served: 'from', silent: 'asking' },
  { name: 'a fetch of what takes long to find', slow: 'send', transfer: fetch, served: 'from', silent: 'answering' },
];

for (const { name, slow, transfer, served, silent } of cases) {
  test(`${name} takes as long as it takes, and is given up only where an end says nothing at all`, async () => {
    await withTwoStores(['btrfs', 'btrfs'], async (from, to) => {
      from.withContent('db/main', true, (cwd) => writeFileSync(join(cwd, 'large'), randomBytes(4_000_000)));
      await from.must('volume', 'tag', 'large@db', 'db/main');
      await withSlowBtrfs(to.directory, slow, async () => {
        const run = (patience: Readonly<Record<Case['silent'], Patience>>) =>
          talk(served === 'to' ? to : from, patience, (peer) => transfer(from, to, peer));
        const started = Date.now();
        const cut = await run({ asking: patient, answering: patient, [silent]: mute });
        assert.match(cut.asking ?? '', /^connection: The connection to the other store is lost: /);
        assert.match(Object.values(cut).join('; '), /Nothing was heard of the other end for 1 seconds/);
        assert.ok(Date.now() - started < 20_000, 'nobody waits for one that is given up');
        assert.deepEqual([to.state(), findingsIn(to)], [[], []]);
        assert.deepEqual(await run({ asking: patient, answering: patient }), { asking: null, answering: null });
        assert.deepEqual([to.state().length > 0, findingsIn(to)], [true, []]);
      });
    });
  });
}

/** Has a store served to a client in this process; why each of the two failed. */
async function talk(
  store: StoreSandbox,
  patience: Readonly<Record<Case['silent'], Patience>>,
  use: (peer: Peer) => Promise<unknown>,
): Promise<Readonly<Record<Case['silent'], string | null>>> {
  const [there, here] = [new PassThrough(), new PassThrough()];
  const options = { access: 'append-only', volumes: null, program: '1', signal: never } as const;
  const answering = outcome(
    serveStore(store.place, side(there, here, never), { ...options, patience: patience.answering }),
  );
  const converse = (_name: string, _args: readonly string[], { signal }: { signal: AbortSignal }): Conversation =>
    side(here, there, signal);
  const asking = async (): Promise<void> => {
    const means = { streams: { ...streams, converse }, command: ['there'] as [string], signal: never };
    const peer = await connectPeer({ ...means, patience: patience.asking });
    try {
      await use(peer);
    } finally {
      await peer.close();
    }
  };
  return { asking: await outcome(asking()), answering: await answering };
}

async function outcome(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return error instanceof Error && 'code' in error ? `${error.code}: ${error.message}` : String(error);
  }
}

/** One end of a line, which is cut as a process would be that is ended. */
function side(input: PassThrough, output: PassThrough, signal: AbortSignal): Conversation {
  const cut = (): void => {
    input.destroy();
    output.end();
  };
  signal.addEventListener('abort', cut, { once: true });
  return {
    input,
    write: (bytes) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        output.write(bytes, (error) => (error === null || error === undefined ? resolve() : reject(error)));
      }),
    end: () => void output.end(),
    ended: () => Promise.resolve(),
  };
}

/** A `btrfs` before the system's that does nothing for longer than anybody waits, and then what it should. */
async function withSlowBtrfs(above: string, verb: string, body: () => Promise<void>): Promise<void> {
  const directory = join(above, '..', 'slow');
  mkdirSync(directory);
  const path = process.env['PATH'] ?? '';
  const script = `#!/bin/sh\ncase " $* " in *" ${verb} "*) sleep 3 ;; esac\nPATH='${path}' exec btrfs "$@"\n`;
  writeFileSync(join(directory, 'btrfs'), script);
  chmodSync(join(directory, 'btrfs'), 0o755);
  process.env['PATH'] = `${directory}:${path}`;
  try {
    await body();
  } finally {
    process.env['PATH'] = path;
  }
}
