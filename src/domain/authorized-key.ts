import { Failure } from './failure.ts';

/** Types of keys that OpenSSH has (ssh-keygen(1)), certificates left out. */
const keyLine = /^((?:ssh|sk-ssh|ecdsa|sk-ecdsa)-[A-Za-z0-9@.-]+) ([A-Za-z0-9+/]+={0,2})(?: ([\x20-\x7e]*))?$/;

/**
 * A line of authorized_keys (sshd(8)) that lets a public key run one command and do nothing else: no terminal, no
 * forwarding. Throws Failure `public-key` where it is none, which a private key is not either.
 */
export function authorizedKeyLine(publicKey: string, command: readonly string[]): string {
  const [key = '', ...more] = publicKey.trim().split('\n');
  if (more.length > 0 || !keyLine.test(key)) {
    throw new Failure({
      code: 'public-key',
      kind: 'input',
      message: 'Cannot use the key: its file does not hold one public key of OpenSSH',
      advice: 'Name the file that ends in .pub; ssh-keygen makes it beside the private key',
    });
  }
  return `command="${escaped(command.map(quotedWord).join(' '))}",restrict ${key}`;
}

/** A word for the shell that sshd starts. */
export function quotedWord(word: string): string {
  return /^[A-Za-z0-9._+:@%/=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A quote ends the option unless a backslash stands before it. */
function escaped(text: string): string {
  return text.replaceAll('"', '\\"');
}
