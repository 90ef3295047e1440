/** How far a tag has come on its way: `check` while its tree is read, `send` and `receive` in bytes of the stream. */
export type TransferProgress = { readonly phase: 'check' | 'send' | 'receive'; readonly bytes: number };

/** Who watches a transfer, and who may stop it: the signal's reason is thrown. */
export type TransferHooks = {
  readonly onProgress: (progress: TransferProgress) => void;
  readonly signal: AbortSignal;
};
