/** What a mount unit names. */
export type MountSource = {
  /** As `What=` takes it. */
  readonly what: string;
  readonly type: string;
  /** Options that say which part is meant. */
  readonly options: readonly string[];
};
