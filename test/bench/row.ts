/** One row of the table: some work, what others need for it, and what is promised. */
export type Row = {
  /** What it is called on the command line. */
  readonly name: string;
  readonly work: string;
  readonly peer: string;
  readonly limit: number;
  readonly unit: 'ratio' | 'MB';
  /** What keeps the limit from being met, where something does: then the row says so, and the run does not fail by it. */
  readonly floor?: string;
  readonly measure: () => Promise<Figures>;
};

/** What was measured; all times are in milliseconds. */
export type Figures = {
  /** What the limit is for. */
  readonly value: number;
  /** What it was made from. */
  readonly ours: readonly number[];
  readonly peer: readonly number[];
  readonly notes?: readonly string[];
};
