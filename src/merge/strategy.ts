import type { ByteString } from '../domain/bytes.ts';

/** The contents of one file on each side; base is null where it did not exist. */
export type MergeInputs = {
  readonly base: ByteString | null;
  readonly ours: ByteString;
  readonly theirs: ByteString;
};

/** What a strategy makes of a file that all three sides have differently. */
export type MergeOutcome =
  /** Decided without a person. */
  | { readonly kind: 'ours' }
  | { readonly kind: 'merged'; readonly content: ByteString }
  /** A person should look; `merged` is offered where merging would be clean. */
  | { readonly kind: 'undecided'; readonly reason: string; readonly merged: ByteString | null };

/** A way to decide the content of a file that all three sides have differently. Pure; reads nothing. */
export type Strategy = {
  readonly name: string;
  /** Whether `decide` looks at the contents; else it is given empty ones. */
  readonly needsContents: boolean;
  readonly decide: (inputs: MergeInputs) => MergeOutcome;
};
