/** In what ledger and storage differ. `notice`: it is no fault of the store's, and stays as it is. */
export type Finding = {
  readonly kind:
    | 'ledger-missing'
    | 'ledger-damaged'
    | 'ledger-behind'
    | 'ledger-torn'
    | 'unfinished'
    | 'missing'
    | 'renamed'
    | 'returned'
    | 'sidecar'
    | 'volume-record'
    | 'foreign'
    | 'copied'
    | 'writable'
    | 'left-over'
    | 'version';
  readonly severity: 'error' | 'notice';
  /** The object, volume, version or file. */
  readonly what: string;
  readonly detail: string;
};

/** A difference, and how it is made good; null where that is for a person to decide. */
export type Difference = Finding & { readonly repair: (() => void) | null };
