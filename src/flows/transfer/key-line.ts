import { authorizedKeyLine } from '../../domain/authorized-key.ts';
import { textOrBytes } from '../../domain/bytes.ts';
import type { StorePlace } from '../../store/open-store.ts';
import { requireServedVolumes } from '../../transfer/served-volumes.ts';
import type { ServeRequest } from './serve-store.ts';

/** The line of authorized_keys by which the key in a file may use the store, and nothing else. Throws Failure `unreadable`, `public-key` and `name`. */
export function keyLine(
  { system, directory }: StorePlace,
  { keyFile, access, volumes }: Pick<ServeRequest, 'access' | 'volumes'> & { readonly keyFile: string },
): string {
  requireServedVolumes(volumes);
  const only = (volumes ?? []).flatMap((name) => ['--volume', name]);
  const command = ['migrate', 'serve', '--store', textOrBytes(directory), `--${access}`, ...only];
  return authorizedKeyLine(textOrBytes(system.readFile(keyFile)), command);
}
