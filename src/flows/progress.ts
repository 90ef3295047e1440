/** What a long flow is doing; the phases of a migration come in this order. */
export type Progress = {
  readonly phase: 'compare' | 'plan' | 'measure' | 'prepare' | 'replace' | 'verify' | 'send' | 'receive';
  readonly done: number;
  /** Null where it is not known beforehand. */
  readonly total: number | null;
  readonly unit: 'entries' | 'bytes';
};

export type OnProgress = (progress: Progress) => void;
