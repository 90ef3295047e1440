import { mergeLines } from './merge-lines.ts';
import type { Strategy } from './strategy.ts';

/** Never decides by itself; offers the merged content where merging would be clean. */
export const ask: Strategy = {
  name: 'ask',
  needsContents: true,
  decide(inputs) {
    const outcome = mergeLines.decide(inputs);
    const merged = outcome.kind === 'merged' ? outcome.content : null;
    return { kind: 'undecided', reason: 'its rule asks for a person', merged };
  },
};
