import type { PathFacts } from '../../../src/domain/change.ts';
import type { Item } from '../../../src/domain/item.ts';
import type { Rule } from '../../../src/domain/policy.ts';
import { fstab } from '../../../src/merge/fstab/fstab.ts';
import type { JointInput, Side, TreeView } from '../../../src/merge/joint-strategy.ts';
import { makeItem } from '../../../src/plan/make-item.ts';
import { entryOf } from '../../domain/entry-of.ts';

/** The fstabs of the three trees; null where there is none. */
export type Question = {
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  /** Devices that the machine has; all where not given. */
  readonly devices?: readonly string[];
  readonly crypttab?: string;
  /** Resolutions by the key of their item. */
  readonly answers?: Readonly<Record<string, string>>;
  readonly strategy?: string;
};

export type Answer = {
  /** What stands in the result; null where the strategy leaves the path alone. */
  readonly content: string | null;
  readonly items: readonly Item[];
};

/** What the strategy makes of three fstabs that are only in memory. */
export function askFstab(question: Question): Answer {
  const { decided, items } = fstab.decide(inputOf(question));
  const decision = decided.get('/etc/fstab');
  return { content: decision?.node === 'content' ? decision.content : null, items };
}

function inputOf(question: Question): JointInput {
  const { strategy = 'fstab', answers = {} } = question;
  const rule: Rule = { verb: 'persist', pattern: '/**', attributes: {}, source: { file: 'test', line: 1 } };
  return {
    facts: [factsOf(question)],
    view: viewOf(question),
    verdictOf: () => ({
      verb: 'persist',
      rule,
      exact: false,
      strategy: { name: strategy, rule, exact: false },
      class: null,
      to: null,
    }),
    settle: (draft) => {
      const item = makeItem(draft, { choices: new Map(), digest: (bytes) => bytes });
      const resolution = answers[item.key];
      return resolution === undefined ? item : { ...item, settled: { resolution, by: 'choice' } };
    },
  };
}

function factsOf(question: Question): PathFacts {
  const entry = (side: Side) => {
    const content = question[side];
    return content === null ? null : entryOf({ size: content.length });
  };
  const same = { baseOurs: question.base === question.ours, baseTheirs: false, oursTheirs: false };
  return {
    path: '/etc/fstab',
    role: 'changed',
    base: entry('base'),
    ours: entry('ours'),
    theirs: entry('theirs'),
    sameContent: same,
  };
}

function viewOf(question: Question): TreeView {
  const content = (side: Side, path: string): string | null => {
    if (path === '/etc/crypttab') return question.crypttab ?? null;
    return path === '/etc/fstab' ? question[side] : null;
  };
  return {
    entry: () => null,
    content,
    decompressed: content,
    names: () => [],
    owners: () => ({ users: new Set(), groups: new Set() }),
    device: (specification) => question.devices?.includes(specification) ?? true,
  };
}
