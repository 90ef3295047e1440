import { parseRemoteUrl, type Remote, type RemoteAddress, type StoreAddress } from '../../domain/remote.ts';
import { readStore, type StorePlace } from '../../store/open-store.ts';
import { remoteCalled } from '../../store/remotes.ts';

/** A remote and where it is. */
export type MeantRemote = { readonly remote: Remote; readonly address: RemoteAddress };

/** One that is another store. */
export type StoreRemote = { readonly remote: Remote; readonly address: StoreAddress };

/** The remote of that name, or the repository that `restic:REPOSITORY` names. Throws Failure `no-remote` and `remote-url`. */
export function remoteMeant(place: StorePlace, name: string): MeantRemote {
  const remote = name.startsWith('restic:')
    ? { name, url: name, identity: null, sshOptions: [] }
    : readStore(place, ({ files }) => remoteCalled(files, name));
  return { remote, address: parseRemoteUrl(remote.url) };
}
