import { Failure } from './failure.ts';
import { isPartName } from './volume-name.ts';

/** Where another store is, or a repository of restic. */
export type RemoteAddress =
  | {
      readonly kind: 'ssh';
      readonly user: string | null;
      readonly host: string;
      readonly port: number | null;
      readonly path: string;
    }
  | { readonly kind: 'path'; readonly path: string }
  /** As restic takes it: a path, `sftp:…`, `s3:…`. */
  | { readonly kind: 'restic'; readonly repository: string };

export type StoreAddress = Exclude<RemoteAddress, { readonly kind: 'restic' }>;

/** A remote as a store keeps it. */
export type Remote = {
  readonly name: string;
  readonly url: string;
  /** The file with the key for ssh; null for those that ssh finds itself. */
  readonly identity: string | null;
  /** More options for ssh, each as `ssh -o` takes it. */
  readonly sshOptions: readonly string[];
};

/** Who needs a tag that a remote has too. */
export function holdOfRemote(name: string): string {
  return `remote:${name}`;
}

/** Throws Failure `name` where a remote may not be called that. */
export function requireRemoteName(name: string): void {
  if (isPartName(name) && !name.includes(':')) return;
  throw new Failure({
    code: 'name',
    kind: 'input',
    message: `Cannot call a remote "${name}"`,
    advice: 'Choose a name of letters, digits and . _ + -, a letter or digit first',
  });
}

/** Reads a URL: `ssh://[user@]host[:port]/path`, an absolute path, or `restic:REPOSITORY`. Throws Failure `remote-url`. */
export function parseRemoteUrl(url: string): RemoteAddress {
  if (isControlled(url)) throw unusable(JSON.stringify(url), 'it has control characters');
  if (url.startsWith('restic:')) {
    const repository = url.slice('restic:'.length);
    if (repository === '' || repository.startsWith('-')) throw unusable(url, 'it names no repository');
    return { kind: 'restic', repository };
  }
  if (url.startsWith('/')) return { kind: 'path', path: url };
  if (url.startsWith('ssh://')) return sshAddress(url);
  throw unusable(url, 'it is neither an ssh:// URL, nor an absolute path, nor restic:REPOSITORY');
}

// Neither user nor host begins with "-": ssh would take it for an option.
const sshUrl =
  /^ssh:\/\/(?:(?<user>[A-Za-z0-9_][A-Za-z0-9._-]*)@)?(?<host>[A-Za-z0-9][A-Za-z0-9.-]*|\[[0-9A-Fa-f:.]+\])(?::(?<port>[1-9][0-9]{0,4}))?(?<path>\/.+)$/;

function sshAddress(url: string): RemoteAddress {
  const parts = sshUrl.exec(url)?.groups;
  const { user = null, host, port = null, path } = parts ?? {};
  if (host === undefined || path === undefined) throw unusable(url, 'it is not ssh://[USER@]HOST[:PORT]/PATH/OF/STORE');
  if (Number(port) > 65_535) throw unusable(url, 'there is no such port');
  return { kind: 'ssh', user, host: host.replace(/^\[|\]$/g, ''), port: port === null ? null : Number(port), path };
}

function isControlled(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is these that are looked for.
  return /[\u0000-\u001f\u007f]/.test(text);
}

function unusable(url: string, why: string): Failure {
  return new Failure({
    code: 'remote-url',
    kind: 'input',
    message: `Cannot use ${url} as a remote: ${why}`,
    advice: 'Name ssh://USER@HOST/PATH/OF/STORE, an absolute path, or restic:REPOSITORY',
  });
}
