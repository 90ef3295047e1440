import type { ByteString } from '../../domain/bytes.ts';
import { sleep } from '../sleep.ts';
import { native } from './libc.ts';
import { callError } from './place.ts';

/** sys/file.h: LOCK_EX | LOCK_NB. */
const exclusiveAtOnce = 2 | 4;

const pollMilliseconds = 50;

/** flock(2) of an open file, tried for so long. False where another process has it all the while. */
export function takeLock(descriptor: number, seconds: number, path: ByteString): boolean {
  const { libc, errno } = native();
  for (let waited = 0; ; waited += pollMilliseconds) {
    if (libc.flock(descriptor, exclusiveAtOnce) === 0) return true;
    const code = errno();
    // Two names of one error.
    if (code !== 'EAGAIN' && code !== 'EWOULDBLOCK') throw callError(code, 'flock', path);
    if (waited >= seconds * 1000) return false;
    sleep(pollMilliseconds);
  }
}
