import { authorizedKeyLine } from '../../domain/authorized-key.ts';
import { textOrBytes } from '../../domain/bytes.ts';
import type { StorePlace } from '../../store/open-store.ts';
import type { Access } from '../../transfer/peer.ts';

/** The line of authorized_keys by which the key in a file may use the store, and nothing else. Throws Failure `unreadable` and `public-key`. */
export function keyLine(
  { system, directory }: StorePlace,
  { keyFile, access }: { readonly keyFile: string; readonly access: Access },
): string {
  const command = ['migrate', 'serve', '--store', textOrBytes(directory), `--${access}`];
  return authorizedKeyLine(textOrBytes(system.readFile(keyFile)), command);
}
