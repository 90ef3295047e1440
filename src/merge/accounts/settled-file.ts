import type { ByteString } from '../../domain/bytes.ts';
import type { Item } from '../../domain/item.ts';
import { contentDraft } from '../content-draft.ts';
import type { JointDecision, JointInput } from '../joint-strategy.ts';
import { defaultStrategy, strategyNamed } from '../strategies.ts';
import { type Database, pathOf, type Three } from './databases.ts';
import type { AccountFile } from './read-accounts.ts';
import { emptyTable, parseTable, type Table } from './table.ts';

/** What a file that is not merged by rows is in the result. */
export type SettledFile = {
  readonly table: Table;
  /** Null where the file goes its usual way. */
  readonly decision: JointDecision | null;
  readonly items: readonly Item[];
};

type Contents = { readonly base: ByteString | null; readonly ours: ByteString; readonly theirs: ByteString };

/**
 * What a file becomes that the policy gives another strategy, or leaves to the image. Where both sides changed it, that
 * is decided here, as who owns what depends on it.
 */
export function settleFile(
  { base, ours, theirs }: Three<AccountFile>,
  database: Database,
  input: JointInput,
): SettledFile {
  const { verb } = input.verdictOf(pathOf(database));
  const isUnchanged = verb !== 'pin' && ours.content === base.content;
  if (verb === 'ignore' || isUnchanged || ours.damaged) return usual(theirs);
  const isTheirs = theirs.content === null || theirs.content === base.content || theirs.content === ours.content;
  if (verb === 'pin' || ours.content === null || theirs.content === null || isTheirs) return usual(ours);
  return decideBoth({ base: base.content, ours: ours.content, theirs: theirs.content }, database, input);
}

function usual({ table }: Pick<AccountFile, 'table'>): SettledFile {
  return { table: table ?? emptyTable, decision: null, items: [] };
}

/** What the strategy decides by itself it decides alike when the path goes its usual way; only an answer is given here. */
function decideBoth(contents: Contents, database: Database, { verdictOf, settle }: JointInput): SettledFile {
  const path = pathOf(database);
  const { ours, theirs } = contents;
  const strategy = strategyNamed(verdictOf(path).strategy?.name ?? '') ?? defaultStrategy;
  const outcome = strategy.decide(contents);
  if (outcome.kind === 'ours') return usual({ table: parseTable(database, ours) });
  if (outcome.kind === 'merged') return usual({ table: parseTable(database, outcome.content) });
  if (outcome.merged === theirs) return usual({ table: parseTable(database, theirs) });
  const item = settle(contentDraft(path, outcome, contents));
  const chosen = item.settled?.resolution;
  const merged = chosen === 'merged' ? outcome.merged : null;
  const content = merged ?? (chosen === 'theirs' ? theirs : ours);
  const reason = item.settled?.by === 'choice' ? 'chosen' : `changed on both sides, ours stays: ${outcome.reason}`;
  return {
    table: parseTable(database, content),
    decision: { node: 'content', content, reason, strategy: strategy.name },
    items: [item],
  };
}
