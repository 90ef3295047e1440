import type { RootLocation } from './boot-request.ts';
import { bytesToJson, isJsonBytes, jsonToBytes } from './bytes.ts';
import { Failure } from './failure.ts';
import { type Reset, resetModes } from './reset.ts';
import {
  isVersionId,
  type StateChange,
  type UnknownKeys,
  type VersionBoot,
  type VersionRecord,
  type VersionState,
  versionStates,
} from './version.ts';
import { isFields } from './volume-json.ts';
import { isPartName } from './volume-name.ts';

export const versionSchema = 'migrate.version/1';

type Fields = Readonly<Record<string, unknown>>;

/** A record as it lies in the store. */
export function versionToJson(record: VersionRecord): string {
  return `${JSON.stringify(versionDocument(record), null, 2)}\n`;
}

/** A record as a document. Keys of a newer program stand where they were found. */
export function versionDocument({ reset, boot, history, unknown, ...known }: VersionRecord): object {
  return {
    schema: versionSchema,
    ...known,
    reset: reset === null ? null : { ...reset, keep: reset.keep.map(bytesToJson) },
    boot: boot === null ? null : withUnknown(boot),
    history: history.map(withUnknown),
    ...unknown,
  };
}

function withUnknown<Part extends { readonly unknown: UnknownKeys }>({ unknown, ...known }: Part): object {
  return { ...known, ...unknown };
}

/** Reads a record; `file` is for the message. Throws Failure `version-record` that names the file and the key. */
export function versionFromJson(text: string, file: string): VersionRecord {
  try {
    return recordOf(JSON.parse(text, writable));
  } catch (error) {
    if (error instanceof SyntaxError) throw damaged(file, 'it is not JSON');
    if (error instanceof ShapeError) throw damaged(file, error.message);
    throw error;
  }
}

/** JSON can say numbers that it does not write again: they would be lost where they are of a newer program. And -0, which is another value only to code. */
function writable(_key: string, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  if (!Number.isFinite(value)) throw new ShapeError('a number in it is too large');
  return value + 0;
}

/** A value that is not what its key asks for. */
class ShapeError extends Error {
  override readonly name = 'ShapeError';
}

function recordOf(document: unknown): VersionRecord {
  const { schema, ...fields } = fieldsOf(document, 'the document');
  if (schema !== versionSchema) throw new ShapeError(`schema is not "${versionSchema}"`);
  const {
    id,
    order,
    image,
    base,
    parent,
    branch,
    born,
    state,
    reason,
    tries,
    pinned,
    removing,
    replaces,
    reset,
    bindings,
    boot,
    deferred,
    history,
    ...unknown
  } = fields;
  const record: VersionRecord = {
    id: idOf(id, 'id'),
    order: countOf(order, 'order'),
    image: wordOf(image, 'image'),
    base: base === null ? null : wordOf(base, 'base'),
    parent: parent === null ? null : idOf(parent, 'parent'),
    branch: wordOf(branch, 'branch'),
    born: born === null ? null : wordOf(born, 'born'),
    state: stateOf(state, 'state'),
    reason: reason === null ? null : textOf(reason, 'reason'),
    tries: countOf(tries, 'tries'),
    pinned: flagOf(pinned, 'pinned'),
    removing: flagOf(removing, 'removing'),
    // Records from before there was such a key have none.
    replaces: listOf(replaces ?? [], 'replaces').map((replaced, index) => idOf(replaced, `replaces[${index}]`)),
    reset: reset === null || reset === undefined ? null : resetOf(reset),
    bindings: bindingsOf(bindings),
    boot: boot === null ? null : bootOf(boot),
    deferred: listOf(deferred, 'deferred').map((step, index) => wordOf(step, `deferred[${index}]`)),
    history: listOf(history, 'history').map(changeOf),
    unknown,
  };
  if (record.history.at(-1)?.to !== record.state) throw new ShapeError('history does not end with its state');
  return record;
}

/** One that is read wrong would carry what is to go, or lose what is to stay: keys that are not known are refused. */
function resetOf(value: unknown): Reset {
  const { mode, keep, ...unknown } = fieldsOf(value, 'reset');
  const known = resetModes.find((one) => one === mode);
  if (known === undefined) throw new ShapeError(`reset.mode is ${JSON.stringify(mode)}, which is no kind of reset`);
  const [other] = Object.keys(unknown);
  if (other !== undefined) throw new ShapeError(`reset has ${JSON.stringify(other)}, which is not known`);
  const words = listOf(keep, 'reset.keep').map((word, index) => {
    if (!isJsonBytes(word)) throw new ShapeError(`reset.keep[${index}] is neither a text nor bytes`);
    return jsonToBytes(word);
  });
  return { mode: known, keep: words };
}

function bindingsOf(value: unknown): VersionRecord['bindings'] {
  const fields = fieldsOf(value, 'bindings');
  for (const [volume, branch] of Object.entries(fields)) {
    if (!isPartName(volume))
      throw new ShapeError(`bindings has ${JSON.stringify(volume)}, which is no name of a volume`);
    wordOf(branch, `bindings.${volume}`);
  }
  return fields as Readonly<Record<string, string>>;
}

function bootOf(value: unknown): VersionBoot {
  const { kernel, initrd, secondInitrd, commandLine, kernelRelease, root, ...unknown } = fieldsOf(value, 'boot');
  return {
    kernel: textOf(kernel, 'boot.kernel'),
    initrd: textOf(initrd, 'boot.initrd'),
    secondInitrd: secondInitrd === null ? null : textOf(secondInitrd, 'boot.secondInitrd'),
    commandLine: textOf(commandLine, 'boot.commandLine'),
    kernelRelease: textOf(kernelRelease, 'boot.kernelRelease'),
    root: locationOf(root),
    unknown,
  };
}

function locationOf(value: unknown): RootLocation {
  const { device, subvolume, object, ...unknown } = fieldsOf(value, 'boot.root');
  return {
    ...unknown,
    device: textOf(device, 'boot.root.device'),
    subvolume: subvolume === null ? null : textOf(subvolume, 'boot.root.subvolume'),
    ...(object === undefined ? {} : { object: textOf(object, 'boot.root.object') }),
  };
}

function changeOf(value: unknown, index: number): StateChange {
  const { order, at, from, to, why, ...unknown } = fieldsOf(value, `history[${index}]`);
  return {
    order: countOf(order, `history[${index}].order`),
    at: textOf(at, `history[${index}].at`),
    from: from === null ? null : stateOf(from, `history[${index}].from`),
    to: stateOf(to, `history[${index}].to`),
    why: textOf(why, `history[${index}].why`),
    unknown,
  };
}

function fieldsOf(value: unknown, what: string): Fields {
  if (!isFields(value)) throw new ShapeError(`${what} is not an object`);
  return { ...value };
}

function listOf(value: unknown, key: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new ShapeError(`${key} is not a list`);
  return value;
}

function textOf(value: unknown, key: string): string {
  if (typeof value !== 'string') throw new ShapeError(`${key} is not a text`);
  return value;
}

/** Names of branches, tags and steps. */
function wordOf(value: unknown, key: string): string {
  const text = textOf(value, key);
  if (!isPartName(text)) throw new ShapeError(`${key} is ${JSON.stringify(text)}, which is no name`);
  return text;
}

function idOf(value: unknown, key: string): string {
  const text = textOf(value, key);
  if (!isVersionId(text)) throw new ShapeError(`${key} is ${JSON.stringify(text)}, which is no id of a version`);
  return text;
}

function countOf(value: unknown, key: string): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    throw new ShapeError(`${key} is not a count`);
  }
  return value;
}

function flagOf(value: unknown, key: string): boolean {
  if (typeof value !== 'boolean') throw new ShapeError(`${key} is neither true nor false`);
  return value;
}

function stateOf(value: unknown, key: string): VersionState {
  const state = versionStates.find((known) => known === value);
  if (state === undefined) throw new ShapeError(`${key} is ${JSON.stringify(value)}, which is no state of a version`);
  return state;
}

function damaged(file: string, reason: string): Failure {
  return new Failure({
    code: 'version-record',
    kind: 'failed',
    message: `Cannot read the version in ${file}: ${reason}`,
    advice: 'A newer migrate may have written it: use that one. Or put the file back as it was',
  });
}
