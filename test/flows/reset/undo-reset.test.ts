import '../../system/own-mounts.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ResetState, resetStates } from '../../../src/domain/reset-states.ts';
import { writeReset } from '../../../src/flows/reset/total/reset-record.ts';
import { undoOfReset } from '../../../src/flows/reset/undo-reset.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import { removeVersion } from '../../../src/versions/records.ts';
import { withMachine } from '../staging/machine.ts';
import { askForTotal, resetOf, withSecrets } from './total/secrets.ts';

test('case 75: a total reset can be undone as long as nothing is destroyed, and what it came from is there', async () => {
  await withMachine(async (machine) => {
    const before = await withSecrets(machine);
    const id = askForTotal(machine, before);
    const record = resetOf(machine);
    assert.ok(record !== null);
    const undo = (): unknown => undoOfReset(machine.place, id);
    const cameTo = (state: ResetState): void =>
      changeStore(machine.place, (store) => writeReset(store, { ...record, state }));
    const destroyed: readonly ResetState[] = ['wiping', 'restoring', 'done'];
    for (const state of resetStates) {
      cameTo(state);
      if (destroyed.includes(state)) assert.throws(undo, { code: 'no-undo' }, state);
      else assert.deepEqual(undo(), { direction: 'rollback', to: before, from: id }, state);
    }
    cameTo('saving');
    changeStore(machine.place, ({ files }) => removeVersion(files, before));
    assert.throws(undo, { code: 'no-undo' });
  });
});
