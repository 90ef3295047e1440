import { bytesOfText, displayBytes } from '../../../domain/bytes.ts';
import { Failure, SystemCallError } from '../../../domain/failure.ts';
import { type Plan, planSchema } from '../../../domain/plan.ts';
import { sealPlan } from '../../../domain/plan-json.ts';
import type { Reset } from '../../../domain/reset.ts';
import { addItem } from '../../../plan/add-item.ts';
import { makeItem } from '../../../plan/make-item.ts';
import type { System } from '../../../system/system.ts';

/** What the boot would refuse because of what the old system has: see `refusedBindings`. */
const refused = 'volumes-refused:/';

/**
 * The plan of a version. Of a reset that destroys everything else it is without anything of the old system where that cannot be
 * read, as the boot then makes it: `despiteDamage`. Throws what `predict` does for other versions; Failure `keep-unreadable`
 * where something was asked to be kept.
 */
export function foreseeDespiteDamage(system: System, reset: Reset | null, predict: () => Plan): Plan {
  if (reset?.mode !== 'total') return predict();
  try {
    const plan = predict();
    const item = plan.items.find(({ key }) => key === refused);
    return item === undefined ? plan : withoutOld(system, reset, item.detail);
  } catch (error) {
    if (!(error instanceof Failure || error instanceof SystemCallError) || isOfRequest(error)) throw error;
    return withoutOld(system, reset, error.message);
  }
}

/** A class or a pattern that was misspelt would keep nothing. */
function isOfRequest({ code, message }: Failure | SystemCallError): boolean {
  return code === 'unknown-class' || (code === 'policy-syntax' && message.includes('--keep'));
}

/** Whoever wants something kept is told before anything is staged, and can ask again without. */
function withoutOld(system: System, { keep }: Reset, why: string): Plan {
  if (keep.length === 0) return planWithoutOld(system, why);
  throw new Failure({
    code: 'keep-unreadable',
    kind: 'failed',
    message: `Cannot keep ${keep.map(displayBytes).join(', ')}: the old system cannot be read: ${why}`,
    advice: 'Nothing is changed. Asked for without --keep, the reset destroys all of it: save what is needed first',
  });
}

function planWithoutOld({ digest }: System, why: string): Plan {
  const summary = { decisions: {}, items: {}, bytes: 0, actions: 0 };
  const nothing = { schema: planSchema, roots: [], decisions: [], actions: [], items: [], summary } as const;
  const item = makeItem(
    {
      kind: 'old-unreadable',
      subject: '/',
      severity: 'warning',
      blocks: 'nothing',
      title: 'Nothing of the old system is kept: it cannot be read',
      detail: why,
      resolutions: [],
      facts: why,
    },
    { choices: new Map(), digest },
  );
  return addItem(
    sealPlan(nothing, (text) => digest(bytesOfText(text))),
    item,
    digest,
  );
}
