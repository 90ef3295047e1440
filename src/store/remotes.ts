import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import type { RootPath } from '../domain/path.ts';
import { type Remote, requireRemoteName } from '../domain/remote.ts';
import { asciiJson, isFields } from '../domain/volume-json.ts';
import type { Files } from '../system/files.ts';
import { readIfThere, replaceFile } from './replace-file.ts';

const schema = 'migrate.remotes/1';
const path: RootPath = '/remotes.json';

/** The remotes of a store, in the order of their names. Throws Failure `remotes-damaged`. */
export function readRemotes(files: Files): readonly Remote[] {
  const text = readIfThere(files, path);
  if (text === null) return [];
  const document = jsonOrNull(textOrBytes(text));
  const isOurs = isFields(document) && document['schema'] === schema && Array.isArray(document['remotes']);
  const remotes = isOurs ? (document['remotes'] as unknown[]).map(remoteOf) : [null];
  if (remotes.every((one) => one !== null)) return remotes;
  throw new Failure({
    code: 'remotes-damaged',
    kind: 'failed',
    message: `Cannot read ${textOrBytes(files.root)}${path}: it is not what migrate writes there`,
    advice: 'Move it away, and name the remotes again with migrate remote add',
  });
}

/** Writes them whole. The caller holds the store's lock. */
export function writeRemotes(files: Files, remotes: readonly Remote[]): void {
  const sorted = [...remotes].sort((a, b) => (a.name < b.name ? -1 : 1));
  replaceFile(files, path, bytesOfText(`${asciiJson({ schema, remotes: sorted })}\n`));
}

/** Adds a remote. Throws Failure `name`, or `exists` where there is one of the name. */
export function addRemote(files: Files, remote: Remote): void {
  requireRemoteName(remote.name);
  const remotes = readRemotes(files);
  if (remotes.some(({ name }) => name === remote.name)) {
    throw new Failure({
      code: 'exists',
      kind: 'input',
      message: `Cannot add the remote ${remote.name}: there is one of that name`,
      advice: `See it with migrate remote ls; migrate remote rm ${remote.name} takes it away`,
    });
  }
  writeRemotes(files, [...remotes, remote]);
}

/** The remote of that name. Throws Failure `no-remote`. */
export function remoteCalled(files: Files, name: string): Remote {
  const remote = readRemotes(files).find((one) => one.name === name);
  if (remote !== undefined) return remote;
  throw new Failure({
    code: 'no-remote',
    kind: 'input',
    message: `There is no remote "${name}"`,
    advice: 'See which there are with migrate remote ls; migrate remote add NAME URL adds one',
  });
}

function remoteOf(value: unknown): Remote | null {
  if (!isFields(value)) return null;
  const { name, url, identity, sshOptions } = value;
  if (typeof name !== 'string' || typeof url !== 'string') return null;
  if (identity !== null && typeof identity !== 'string') return null;
  if (!Array.isArray(sshOptions) || !sshOptions.every((one) => typeof one === 'string')) return null;
  return { name, url, identity, sshOptions };
}
