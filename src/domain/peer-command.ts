import { quotedWord } from './authorized-key.ts';
import type { Remote, StoreAddress } from './remote.ts';

/**
 * How another store is reached: by the machine's ssh, which asks nobody and notices a dead line within a minute; or by
 * this program itself for a store on this machine. Of options that are given twice ssh takes the first (ssh_config(5)), so
 * that the remote's own come before.
 */
export function peerCommand(
  { identity, sshOptions }: Pick<Remote, 'identity' | 'sshOptions'>,
  address: StoreAddress,
  self: readonly [string, ...string[]],
): [string, ...string[]] {
  if (address.kind === 'path') return [...self, 'serve', '--store', address.path];
  const { user, host, port, path } = address;
  const usual = ['BatchMode=yes', 'ConnectTimeout=20', 'ServerAliveInterval=15', 'ServerAliveCountMax=3'];
  const options = [...sshOptions, ...usual].flatMap((option) => ['-o', option]);
  const key = identity === null ? [] : ['-i', identity, '-o', 'IdentitiesOnly=yes'];
  const target = [...(port === null ? [] : ['-p', String(port)]), ...(user === null ? [] : ['-l', user])];
  // For the shell there; a forced command takes no notice of it.
  const command = ['migrate', 'serve', '--store', quotedWord(path)].join(' ');
  return ['ssh', '-T', ...options, ...key, ...target, '--', host, command];
}
