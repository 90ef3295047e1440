import type { OnProgress } from '../progress.ts';

/** How far a tag has come on its way: `check` while its tree is read, `send` and `receive` in bytes of the stream. */
export type TransferProgress = { readonly phase: 'check' | 'send' | 'receive'; readonly bytes: number };

/** Who watches a transfer, and who may stop it: the signal's reason is thrown. */
export type TransferHooks = {
  readonly onProgress: (progress: TransferProgress) => void;
  readonly signal: AbortSignal;
};

/** What is said while a tree is read for its digest. */
export function checking(onProgress: OnProgress): TransferHooks['onProgress'] {
  return ({ phase, bytes }) => {
    if (phase === 'check') onProgress({ phase: 'verify', done: bytes, total: null, unit: 'bytes' });
  };
}
