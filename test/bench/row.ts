/** One row of the table: some work, what others need for it, and what is promised. */
export type Row = {
  /** What it is called on the command line. */
  readonly name: string;
  readonly work: string;
  readonly peer: string;
  readonly limit: number;
  readonly unit: 'ratio' | 'MB';
  /** What keeps the limit from being met, for rows whose figures have no measured floor yet. */
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
  /** Where something keeps the limit from being met: with a floor above the limit the run does not fail by this row. */
  readonly floor?: MeasuredFloor;
};

/** A part of our work that no change of ours makes shorter, measured in the same rounds as the row itself. */
export type MeasuredFloor = {
  /** What was run, in words: `Node alone, on an empty script`. */
  readonly what: string;
  /** What it alone would make of the row, as the limit is given. */
  readonly value: number;
  readonly times: readonly number[];
};

/** Whether the floor alone is above the limit; the sentence of a row whose floor is not measured counts as one that is. */
export function isExplained(row: Row, { floor }: Figures): boolean {
  return floor === undefined ? row.floor !== undefined : floor.value > row.limit;
}
