import { Failure } from '../../domain/failure.ts';
import { systemVolume } from '../../domain/version.ts';
import type { Uuid } from '../../domain/volume.ts';
import { objectsIn, volumeOf } from '../../store/ledger-state.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import type { Conversation } from '../../system/streams.ts';
import { StreamSum } from '../../transfer/checked-stream.ts';
import { type Request, transferSchema } from '../../transfer/messages.ts';
import { answeringPatience } from '../../transfer/patience.ts';
import type {
  Access,
  GetRequest,
  PeerHello,
  PeerVolume,
  PutRequest,
  Refusal,
  RefusalCode,
} from '../../transfer/peer.ts';
import { receivedVolumeName } from '../../transfer/received-names.ts';
import { isServed, requireServedVolumes, type ServedVolumes } from '../../transfer/served-volumes.ts';
import { receiveTag } from './receive-tag.ts';
import { refusalOf } from './refusal-of.ts';
import { otherVolume, readOnlyRefusal } from './refused-by.ts';
import { withOutgoing } from './send-tag.ts';
import { type LineOptions, ServedLine } from './served-line.ts';

export type ServeRequest = {
  readonly access: Access;
  readonly volumes: ServedVolumes;
  /** The version of this program. */
  readonly program: string;
} & Omit<LineOptions, 'patience'> &
  Partial<LineOptions>;

/**
 * Answers another program's requests until it says no more: what there is, and to give and to take tags. It does nothing
 * else, whatever is asked for, and nothing that is here is replaced or removed. Throws Failure `bad-frame` where what comes makes no sense any more,
 * `closed` where nobody hears the answers, `name` where `volumes` are none, and the signal's reason.
 */
export async function serveStore(
  place: StorePlace,
  conversation: Conversation,
  { access, volumes, program, signal, patience = answeringPatience }: ServeRequest,
): Promise<void> {
  requireServedVolumes(volumes);
  try {
    const line = new ServedLine(conversation, place.system.streams, { signal, patience });
    await line.say({ type: 'hello', ...factsOf(place), access, volumes, program });
    const server = new Server(place, line, { access, volumes, signal });
    for (;;) {
      const request = await line.request();
      if (request === null) return;
      await line.whileAlive(() => server.answer(request));
    }
  } finally {
    // Else the other end could keep this program for as long as it likes.
    conversation.end();
  }
}

function factsOf(place: StorePlace): Omit<PeerHello, 'access' | 'volumes' | 'program'> {
  return readStore(place, ({ state, backend }) => {
    const { instance, host } = state.identity;
    const streams = [...backend.capabilities.streams, 'tar' as const];
    return { schema: transferSchema, instance, host, backend: backend.name, streams };
  });
}

type ServerOptions = Pick<ServeRequest, 'access' | 'volumes' | 'signal'>;

class Server {
  readonly #place: StorePlace;
  readonly #line: ServedLine;
  readonly #options: ServerOptions;

  constructor(place: StorePlace, line: ServedLine, options: ServerOptions) {
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
        .filter(({ record }) => (uuid === null || record.uuid === uuid) && isServed(this.#options.volumes, record.name))
        .map(({ record }) => ({ volume: record, objects: objectsIn(state, record.uuid) })),
    );
  }

  async #put(request: PutRequest): Promise<void> {
    if (this.#options.access === 'read-only') throw asFailure(readOnlyRefusal);
    const known = readStore(this.#place, ({ state }) => state.volumes.get(request.volume.uuid)?.record);
    if (known?.name === systemVolume) throw ofThisMachine();
    const name = known?.name ?? receivedVolumeName(request.volume);
    if (!isServed(this.#options.volumes, name)) throw asFailure(otherVolume(name));
    if (!this.#isThere(request.parent)) throw notThere('parent-missing', request.parent);
    const received = await receiveTag(this.#place, request, () => this.#line.upload(), this.#hooks);
    await this.#line.say({ type: 'received', ...received });
  }

  async #get(request: GetRequest): Promise<void> {
    if (!this.#isThere(request.object)) throw notThere('no-object', request.object);
    if (!this.#isThere(request.parent)) throw notThere('parent-missing', request.parent);
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

  /** What is of a volume that is not served is answered for as if it were not there. */
  #isThere(uuid: Uuid | null): boolean {
    if (uuid === null) return true;
    return readStore(this.#place, ({ state }) => {
      const object = state.objects.get(uuid)?.record;
      return object !== undefined && isServed(this.#options.volumes, volumeOf(state, object).name);
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

function asFailure({ code, message, advice }: Refusal): Failure {
  return new Failure({ code, kind: 'failed', message, ...(advice === null ? {} : { advice }) });
}

/** What this machine boots comes from nobody who may only send. */
function ofThisMachine(): Failure {
  const message = 'Nothing is taken for the images and roots of this machine itself';
  return new Failure({ code: 'denied', kind: 'failed', message, advice: 'Fetch it there: migrate fetch' });
}

function notThere(code: RefusalCode, uuid: Uuid | null): Failure {
  return new Failure({ code, kind: 'failed', message: `There is no tag of the uuid ${uuid} here` });
}

function notAsked(type: string): Failure {
  return new Failure({
    code: 'bad-request',
    kind: 'failed',
    message: `Nothing is being sent that "${type}" could end`,
  });
}
