import type { ByteString } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { compareStore } from './compare.ts';
import type { Finding } from './finding.ts';
import { displayObject } from './ledger-state.ts';
import { foundObjects } from './native-objects.ts';
import { type StorePlace, withLockedStore } from './open-store.ts';
import { rebuildLedger } from './rebuild.ts';
import { aheadOfLedger, settle } from './settle.ts';
import { Store, type StoreDoors } from './store.ts';

/** What a check of a store found; after a repair, what was made good and what is left. */
export type Checked = {
  readonly repaired: readonly Finding[];
  /** Of objects that are gone for good: the ledger does not have them any more either. */
  readonly lost: readonly Finding[];
  readonly findings: readonly Finding[];
  /** The file that holds the old ledger, where it was made anew. */
  readonly oldLedger: ByteString | null;
};

/** Compares the ledger with all that lies in the storage. Changes nothing. */
export function checkStore(place: StorePlace): Checked {
  return withLockedStore(place, (doors) => ({ repaired: [], lost: [], findings: check(doors), oldLedger: null }));
}

/**
 * Makes good what can be: a ledger that is lost, damaged or behind is made anew, what was begun is finished or given up,
 * records that are wrong are written again, and what was renamed, lost or brought back by hand is taken note of. Nothing
 * is removed but what the ledger began to make or to remove.
 */
export function repairStore(place: StorePlace): Checked {
  return withLockedStore(place, (doors) => {
    const before = check(doors);
    const { store, oldLedger } = soundStore(doors);
    settle(store);
    // One may be in the way of another: a name is free once what had it is known under its new one.
    for (let left = Number.POSITIVE_INFINITY; ; ) {
      const repairs = compareStore(store).flatMap(({ repair }) => (repair === null ? [] : [repair]));
      if (repairs.length === 0 || repairs.length >= left) break;
      left = repairs.length;
      for (const repair of repairs) repair();
      settle(store);
    }
    const findings = check(doors);
    const isLeft = ({ kind, what }: Finding): boolean => findings.some((one) => one.kind === kind && one.what === what);
    const settled = before.filter((finding) => !isLeft(finding));
    const isLost = (finding: Finding): boolean => isGone(store, finding);
    return {
      repaired: settled.filter((finding) => !isLost(finding)),
      lost: settled.filter(isLost),
      ...{ findings, oldLedger },
    };
  });
}

function isGone({ state }: Store, { kind, what }: Finding): boolean {
  if (kind !== 'missing' && kind !== 'sidecar') return false;
  return [...state.objects.values()].every(({ record }) => displayObject(state, record) !== what);
}

function check(doors: StoreDoors): Finding[] {
  const store = openOrSay(doors);
  if (!(store instanceof Store)) return [store];
  const ahead = aheadOfLedger(store, foundObjects(store.backend.list(), store.system.digest));
  if (ahead.length > 0) {
    return ahead.map((detail) => ledgerFinding('ledger-behind', `it has lost lines: ${detail}`));
  }
  const torn = store.torn === 0 ? [] : [tornFinding(store.torn)];
  return [
    ...torn,
    ...compareStore(store).map(({ kind, severity, what, detail }) => ({ kind, severity, what, detail })),
  ];
}

function soundStore(doors: StoreDoors): { readonly store: Store; readonly oldLedger: ByteString | null } {
  const store = openOrSay(doors);
  if (store instanceof Store) {
    const found = foundObjects(store.backend.list(), store.system.digest);
    if (aheadOfLedger(store, found).length === 0) return { store, oldLedger: null };
  }
  const oldLedger = rebuildLedger(doors);
  return { store: new Store(doors), oldLedger };
}

const unusable = ['ledger-missing', 'ledger-damaged'] as const;

function openOrSay(doors: StoreDoors): Store | Finding {
  try {
    return new Store(doors);
  } catch (error) {
    const kind = unusable.find((code) => error instanceof Failure && error.code === code);
    if (kind === undefined || !(error instanceof Failure)) throw error;
    return ledgerFinding(kind, error.message.replace(/^Cannot use [^:]*: /, ''));
  }
}

function ledgerFinding(kind: Finding['kind'], detail: string): Finding {
  return { kind, severity: 'error', what: 'ledger.ndjson', detail };
}

function tornFinding(bytes: number): Finding {
  const detail = `its last ${bytes} bytes are a line that was cut off; the next change takes their place`;
  return { kind: 'ledger-torn', severity: 'notice', what: 'ledger.ndjson', detail };
}
