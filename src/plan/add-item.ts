import { type ByteString, bytesOfText } from '../domain/bytes.ts';
import type { Item } from '../domain/item.ts';
import type { Plan } from '../domain/plan.ts';
import { sealPlan } from '../domain/plan-json.ts';

/** A plan with something more that a person should know: what no tree tells. */
export function addItem(
  { digest: _, summary, ...plan }: Plan,
  item: Item,
  digest: (bytes: ByteString) => string,
): Plan {
  const items = { ...summary.items, [item.severity]: (summary.items[item.severity] ?? 0) + 1 };
  return sealPlan({ ...plan, items: [...plan.items, item], summary: { ...summary, items } }, (text) =>
    digest(bytesOfText(text)),
  );
}
