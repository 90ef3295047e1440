import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { dataFrames, type Frame, messageFrame, readFrames } from '../../../src/transfer/frames.ts';
import { type Answer, answerOf, transferSchema } from '../../../src/transfer/messages.ts';
import type { StoreSandbox } from '../../store/store-sandbox.ts';
import { serveCommand } from './two-stores.ts';

type Ended = { readonly code: number | null; readonly stderr: string };

/** Somebody who talks to the program that serves a store, and says whatever it likes. */
export class RawClient {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #frames: AsyncIterator<Frame>;
  #stderr = '';

  constructor(
    store: StoreSandbox,
    options: readonly string[] = [],
    environment: Readonly<Record<string, string>> = {},
  ) {
    const [program, ...args] = [...serveCommand, '--store', store.directory, ...options];
    this.child = spawn(program, args, { env: { ...process.env, ...environment } });
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (piece) => {
      this.#stderr += String(piece);
    });
    this.#frames = readFrames(this.child.stdout);
  }

  /** One that has been greeted. */
  static async greeted(store: StoreSandbox, options: readonly string[] = []): Promise<RawClient> {
    const client = new RawClient(store, options);
    await client.answer();
    client.say({ type: 'hello', schema: transferSchema });
    return client;
  }

  /** Hands on one that has been greeted, and sees to it that the other end has done well until it ends. */
  static async using(store: StoreSandbox, use: (client: RawClient) => Promise<void>): Promise<void> {
    const client = await RawClient.greeted(store);
    try {
      await use(client);
      assert.equal((await client.ended()).code, 0);
    } finally {
      client.child.kill('SIGKILL');
    }
  }

  say(message: object): void {
    this.child.stdin.write(messageFrame(message));
  }

  send(bytes: Uint8Array): void {
    for (const frame of dataFrames(bytes)) this.child.stdin.write(frame);
  }

  raw(bytes: Uint8Array): void {
    this.child.stdin.write(bytes);
  }

  /** The next answer; null where none comes any more. */
  async answer(): Promise<Answer | null> {
    for (;;) {
      const { done, value } = await this.#frames.next();
      if (done === true || value.kind === 'data') return null;
      if (value.kind === 'message') return answerOf(value.text);
    }
  }

  /** The type of the next answer, with the code of a refusal. */
  async word(): Promise<string> {
    const answer = await this.answer();
    return answer?.type === 'refused' ? answer.refusal.code : (answer?.type ?? 'nothing');
  }

  /** How it ended, where it was told no more. */
  async ended(): Promise<Ended> {
    this.child.stdin.end();
    return await this.left();
  }

  /** How it ended by itself. */
  async left(): Promise<Ended> {
    const isClosed = once(this.child, 'close');
    // Whoever does not read keeps the other end from ending.
    while ((await this.#frames.next()).done !== true);
    await isClosed;
    return { code: this.child.exitCode, stderr: this.#stderr };
  }
}
