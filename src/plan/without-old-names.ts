import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { sealPlan } from '../domain/plan-json.ts';
import { summarize } from './make-plan.ts';

/**
 * A plan that names nothing of the old system but what comes to the new one: the new root keeps it, and where all else is to be
 * destroyed, the names of people's files are no exception.
 */
export function withoutOldNames(plan: Plan, digest: (bytes: ByteString) => string): Plan {
  const { digest: _, actions, ...rest } = plan;
  const there = new Set(actions.map(({ path }) => path));
  const isThere = (path: RootPath): boolean => there.has(path);
  const decisions = rest.decisions.filter(({ path }) => isThere(path));
  const items = rest.items.filter(({ paths }) => paths.length > 0 && paths.every(isThere));
  const summary = summarize(decisions, items, actions);
  return sealPlan({ ...rest, decisions, actions, items, summary }, (text) => digest(bytesOfText(text)));
}
