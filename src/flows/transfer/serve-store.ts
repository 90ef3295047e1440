import { Failure } from '../../domain/failure.ts';
import { systemVolume } from '../../domain/version.ts';
import type { Uuid } from '../../domain/volume.ts';
import { objectsIn } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Conversation } from '../../system/streams.ts';
import { StreamSum } from '../../transfer/checked-stream.ts';
import { type Request, transferSchema } from '../../transfer/messages.ts';
import type { Access, GetRequest, PeerHello, PeerVolume, PutRequest } from '../../transfer/peer.ts';
import { receiveTag } from './receive-tag.ts';
import { refusalOf } from './refusal-of.ts';
import { readOnlyRefusal } from './refused-by.ts';
import { withOutgoing } from './send-tag.ts';
import { type LineOptions, ServedLine } from './served-line.ts';

export type ServeRequest = {
  readonly access: Access;
  /** The version of this program. */
  readonly program: string;
} & LineOptions;

/**
 * Answers another program's requests until it says no more: what there is, and to give and to take tags. It does nothing
 * else, whatever is asked for, and nothing that is here is replaced or removed. Throws Failure `bad-frame` where what comes makes no sense any more,
 * `closed` where nobody hears the answers, and the signal's reason.
 */
export async function serveStore(
  place: StorePlace,
  conversation: Conversation,
  { access, program, signal, silence }: ServeRequest,
): Promise<void> {
  try {
    const line = new ServedLine(conversation, place.system.streams, { signal, silence });
    await line.say({ type: 'hello', ...helloOf(place, access, program) });
    const server = new Server(place, line, { access, signal });
    for (;;) {
      const request = await line.request();
      if (request === null) return;
      await server.answer(request);
    }
  } finally {
    // Else the other end could keep this program for as long as it likes.
    conversation.end();
  }
}

function helloOf(place: StorePlace, access: Access, program: string): PeerHello {
  return readStore(place, ({ state, backend }) => {
    const { instance, host } = state.identity;
    const streams = [...backend.capabilities.streams, 'tar' as const];
    return { schema: transferSchema, program, instance, host, backend: backend.name, streams, access };
  });
}

class Server {
  readonly #place: StorePlace;
  readonly #line: ServedLine;
  readonly #options: Pick<ServeRequest, 'access' | 'signal'>;

  constructor(place: StorePlace, line: ServedLine, options: Pick<ServeRequest, 'access' | 'signal'>) {
    this.#place = place;
    this.#line = line;
    this.#options = options;
  }

  async answer(request: Request): Promise<void> {
    try {
      await this.#answer(request);
    } catch (error) {
      this.#options.signal.throwIfAborted();
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      await this.#line.say({ type: 'refused', refusal });
    }
    await this.#line.skipRest();
  }

  async #answer(request: Request): Promise<void> {
    switch (request.type) {
      case 'hello':
        return requireSchema(request.schema);
      case 'objects':
        return await this.#line.say({ type: 'objects', volumes: this.#volumes(request.volume) });
      case 'put':
        return await this.#put(request);
      case 'get':
        return await this.#get(request);
      case 'end':
      case 'abort':
        throw notAsked(request.type);
    }
  }

  #volumes(uuid: Uuid | null): PeerVolume[] {
    return readStore(this.#place, ({ state }) =>
      [...state.volumes.values()]
        .filter(({ record }) => uuid === null || record.uuid === uuid)
        .map(({ record }) => ({ volume: record, objects: objectsIn(state, record.uuid) })),
    );
  }

  async #put(request: PutRequest): Promise<void> {
    if (this.#options.access === 'read-only') throw denied();
    const own = readStore(this.#place, ({ state }) => state.volumes.get(request.volume.uuid)?.record);
    if (own?.name === systemVolume) throw ofThisMachine();
    const received = await receiveTag(this.#place, request, () => this.#line.upload(), this.#hooks);
    await this.#line.say({ type: 'received', ...received });
  }

  async #get(request: GetRequest): Promise<void> {
    await withOutgoing(this.#place, request, this.#hooks, async ({ offer, bytes }) => {
      await this.#line.say({ type: 'sent', offer });
      const sum = new StreamSum(this.#place.system.streams);
      for await (const piece of bytes) {
        sum.add(piece);
        await this.#line.send(piece);
      }
      await this.#line.say(sum.end());
    });
  }

  get #hooks() {
    return { signal: this.#options.signal, onProgress: () => undefined };
  }
}

function requireSchema(schema: string): void {
  if (schema === transferSchema) return;
  throw new Failure({
    code: 'bad-request',
    kind: 'failed',
    message: `This end speaks ${transferSchema}, and the other ${schema}`,
    advice: 'Bring both ends to the same version of migrate',
  });
}

function denied(): Failure {
  const { code, message, advice } = readOnlyRefusal;
  return new Failure({ code, kind: 'failed', message, ...(advice === null ? {} : { advice }) });
}

/** What this machine boots comes from nobody who may only send. */
function ofThisMachine(): Failure {
  const message = 'Nothing is taken for the images and roots of this machine itself';
  return new Failure({ code: 'denied', kind: 'failed', message, advice: 'Fetch it there: migrate fetch' });
}

function notAsked(type: string): Failure {
  return new Failure({
    code: 'bad-request',
    kind: 'failed',
    message: `Nothing is being sent that "${type}" could end`,
  });
}
