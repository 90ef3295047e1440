import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addCandidate, type CandidateScope } from '../../src/domain/candidates.ts';

test('of two scopes of one candidate the wider one counts, whichever comes first', () => {
  const candidates = new Map<string, CandidateScope>();
  for (const scope of ['attributes', 'entry', 'tree'] as const) addCandidate(candidates, '/rising', scope);
  for (const scope of ['tree', 'entry', 'attributes'] as const) addCandidate(candidates, '/falling', scope);
  addCandidate(candidates, '/once', 'attributes');
  assert.deepEqual(
    [...candidates],
    [
      ['/rising', 'tree'],
      ['/falling', 'tree'],
      ['/once', 'attributes'],
    ],
  );
});
