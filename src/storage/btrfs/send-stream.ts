import { crc32c } from '../../domain/crc32c.ts';
import type { RootPath } from '../../domain/path.ts';
import { streamFailure } from './stream-failure.ts';
import { attributes, type CommandShape, commandHeader, commandShapes, streamHeader } from './stream-format.ts';

/**
 * What a command of a send stream does, as far as names tell: `begin` names what the stream was made from, `create`,
 * `rename`, `link` and `remove` change names, `content` and `attributes` what one of a file's names stands for. Paths are
 * those of the receiving side at that point of the stream.
 */
export type SendCommand =
  | { readonly kind: 'begin' | 'end' }
  | { readonly kind: 'create' | 'remove' | 'content' | 'attributes'; readonly path: RootPath }
  | { readonly kind: 'rename'; readonly path: RootPath; readonly to: RootPath }
  | { readonly kind: 'link'; readonly path: RootPath; readonly existing: RootPath };

/**
 * Reads a stream of `btrfs send`, version 1 or 2, that comes in pieces. Throws Failure `send-stream` where it is damaged,
 * ends too early or holds a command that is not known.
 */
export function* parseSendStream(pieces: Iterable<Uint8Array>): Generator<SendCommand> {
  const input = new Input(pieces);
  const version = readVersion(input);
  for (;;) {
    const command = readCommand(input, version);
    yield command;
    if (command.kind === 'end') return;
  }
}

/** What the checksum is of has zeros in its own place. */
const noChecksum = new Uint8Array(commandHeader.size - commandHeader.checksum);

function readVersion(input: Input): number {
  const header = input.take(streamHeader.size);
  const magic = latin1(header.subarray(0, streamHeader.version));
  if (magic !== streamHeader.magic) throw streamFailure('it does not begin as a send stream does');
  const version = u32(header, streamHeader.version);
  if (version !== 1 && version !== 2) throw streamFailure(`version ${version} is not known`);
  return version;
}

function readCommand(input: Input, version: number): SendCommand {
  const header = input.take(commandHeader.size);
  const length = u32(header, commandHeader.length);
  const number = u16(header, commandHeader.command);
  const expected = u32(header, commandHeader.checksum);
  const before = crc32c(noChecksum, crc32c(header.subarray(0, commandHeader.checksum)));
  const data = input.take(length);
  if (crc32c(data, before) !== expected) throw streamFailure(`the checksum of command ${number} is wrong`);
  const shape = commandShapes[number];
  if (shape === undefined) throw streamFailure(`command ${number} is not known`);
  return commandOf(shape, pathsIn(data, version));
}

function commandOf(shape: CommandShape, paths: ReadonlyMap<number, RootPath>): SendCommand {
  function path(attribute: number): RootPath {
    const found = paths.get(attribute);
    if (found === undefined) throw streamFailure(`a command to ${shape} lacks a path`);
    return found;
  }
  switch (shape) {
    case 'begin':
    case 'end':
      return { kind: shape };
    case 'rename':
      return { kind: shape, path: path(attributes.path), to: path(attributes.to) };
    case 'link':
      return { kind: shape, path: path(attributes.path), existing: path(attributes.link) };
    default:
      return { kind: shape, path: path(attributes.path) };
  }
}

/** The values of the attributes that are paths, by their numbers. */
function pathsIn(data: Uint8Array, version: number): Map<number, RootPath> {
  const paths = new Map<number, RootPath>();
  let at = 0;
  while (at < data.length) {
    if (at + 2 > data.length) throw streamFailure('an attribute is cut off');
    const number = u16(data, at);
    // From version 2 on, data has no length of its own and goes to the command's end.
    if (version >= 2 && number === attributes.data) break;
    const start = at + 4;
    const end = start > data.length ? start : start + u16(data, at + 2);
    if (end > data.length) throw streamFailure(`attribute ${number} is cut off`);
    if (isPath(number)) paths.set(number, `/${latin1(data.subarray(start, end))}`);
    at = end;
  }
  return paths;
}

function isPath(attribute: number): boolean {
  return attribute === attributes.path || attribute === attributes.to || attribute === attributes.link;
}

/** Bytes out of pieces, as many at a time as are asked for. */
class Input {
  readonly #pieces: Iterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(pieces: Iterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.iterator]();
  }

  take(length: number): Uint8Array {
    while (length > this.#rest.length) {
      const { done, value } = this.#pieces.next();
      if (done === true) throw streamFailure('it ends too early');
      this.#rest = joined(this.#rest, value);
    }
    const taken = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return taken;
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  if (before.length === 0) return after;
  const whole = new Uint8Array(before.length + after.length);
  whole.set(before);
  whole.set(after, before.length);
  return whole;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) + (bytes[at + 1] ?? 0) * 2 ** 8;
}

function u32(bytes: Uint8Array, at: number): number {
  return u16(bytes, at) + u16(bytes, at + 2) * 2 ** 16;
}

function latin1(bytes: Uint8Array): string {
  return Reflect.apply(String.fromCharCode, null, bytes);
}
