import type { Origin } from '../domain/origin.ts';
import type { StreamFormat } from '../domain/stream-format.ts';
import type { ObjectRecord, Uuid, VolumeRecord } from '../domain/volume.ts';
import type { ByteStream } from '../system/streams.ts';
import type { ServedVolumes } from './served-volumes.ts';

/** What the other end is. */
export type PeerHello = {
  /** `migrate.transfer/1`. */
  readonly schema: string;
  /** The version of the program there. */
  readonly program: string;
  readonly instance: Uuid;
  readonly host: string;
  /** The name of its kind of storage. */
  readonly backend: string;
  /** What it reads and writes, best first; `tar` is always among them. */
  readonly streams: readonly StreamFormat[];
  /** What it allows: `read-only` takes nothing, `append-only` takes and gives. */
  readonly access: Access;
  /** The volumes that there are for whoever asks. */
  readonly volumes: ServedVolumes;
};

export type Access = 'read-only' | 'append-only';

/** A volume with its branches and tags that are whole, in the order of that store. */
export type PeerVolume = { readonly volume: VolumeRecord; readonly objects: readonly ObjectRecord[] };

/** A tag that is offered, with all that the receiver decides by before a byte of its content travels. */
export type Offer = {
  readonly volume: VolumeRecord;
  /** As the sender has it. The receiver keeps its uuid, name where that is free, and notes; no holds. */
  readonly object: ObjectRecord;
  /** Null where the tag is of no branch: then it is the head of none either. */
  readonly origin: Origin | null;
  readonly format: StreamFormat;
  /** The tag that the stream builds on, which both ends have; null for a stream of everything. */
  readonly parent: Uuid | null;
  /** By what the received object is recognized: `NativeStream.proof`, or for an archive the digest of the tree. */
  readonly proof: string;
  /** Paths that the stream lacks, as no archive holds them: sockets, and what lies in nested filesystems. */
  readonly leftOut: readonly string[];
};

/** An offer to another store, if the head of the remote branch there still is the one that the sender has seen. */
export type PutRequest = Offer & { readonly expects: Uuid | null };

export type GetRequest = {
  readonly object: Uuid;
  readonly format: StreamFormat;
  readonly parent: Uuid | null;
};

/** Why the other end does not do what it was asked for. */
export type RefusalCode =
  /** The head is another than the sender has seen. */
  | 'diverged'
  /** A volume of the name that the received one would get is there, and is another. */
  | 'unrelated'
  /** It has the object already. */
  | 'exists'
  | 'no-object'
  | 'parent-missing'
  | 'no-space'
  /** It allows no such thing: it is read-only, or the volume is none for whoever asks. */
  | 'denied'
  /** It does not know the format, or cannot write it. */
  | 'format'
  /** Another transfer of the same tag is going on, or the store is being changed. */
  | 'busy'
  /** What came differs from what was sent, or is no stream of the format. */
  | 'stream-damaged'
  | 'bad-request'
  /** Whatever else went wrong there. */
  | 'failed';

export type Refusal = {
  readonly code: RefusalCode;
  /** For a person: what, where. */
  readonly message: string;
  readonly advice: string | null;
};

export type PutAnswer =
  | { readonly kind: 'received'; readonly volume: VolumeRecord; readonly object: ObjectRecord }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type GetAnswer =
  | {
      readonly kind: 'sent';
      readonly offer: Offer;
      /**
       * To be read to its end before anything else is asked. Throws Failure `stream-damaged` where it ends early or
       * differs from what was sent, and so nothing counts before the end.
       */
      readonly bytes: ByteStream;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Another store, which answers one request at a time. Every call throws Failure `connection` where the other end is gone
 * or says what no peer says, and the reason of the signal that the connection was opened with.
 */
export interface Peer {
  readonly hello: PeerHello;
  /** All volumes, or the one of that uuid: an empty list where it has none. */
  objects(volume: Uuid | null): Promise<readonly PeerVolume[]>;
  /**
   * Hands over a tag. It is refused before `bytes` are read where the offer itself is; else they are read as fast as the
   * other end takes them, until it refuses.
   */
  put(request: PutRequest, bytes: ByteStream): Promise<PutAnswer>;
  get(request: GetRequest): Promise<GetAnswer>;
  /** Ends the connection; waits until the other process is gone. */
  close(): Promise<void>;
}
