import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ResetMode } from '../../../src/domain/reset.ts';
import type { VersionRecord } from '../../../src/domain/version.ts';
import { cancelReset } from '../../../src/flows/reset/cancel-reset.ts';
import { stageReset } from '../../../src/flows/reset/stage-reset.ts';
import { undoOfReset } from '../../../src/flows/reset/undo-reset.ts';
import { markGood } from '../../../src/flows/staging/mark-good.ts';
import { switchVersion } from '../../../src/flows/staging/switch-version.ts';
import { checkStore } from '../../../src/store/fsck.ts';
import { readStore, type StorePlace } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { readWholeVersions } from '../../../src/versions/records.ts';
import { Killed } from '../../apply/interruption.ts';
import { dyingSystem } from '../../storage/dying-system.ts';
import { type Content, imageContent } from '../staging/machine.ts';

/** A machine of any storage. */
export type Resettable = {
  readonly place: StorePlace;
  /** The boot that makes a version. */
  readonly boot: (id: string, through?: System) => Promise<unknown>;
  /** What that has mounted is gone with the power. */
  readonly powerOff: () => void;
};

export const image: Content = imageContent(12, { 'etc/app.conf': 'of the image\n', 'var/lib/own': 'of the image\n' });

/** What somebody made of it. */
export const used: Content = {
  'etc/hostname': 'atlas\n',
  'etc/app.conf': 'mine\n',
  'etc/kept': 'mine\n',
  'var/lib/own': 'mine\n',
};

const kept = { 'etc/hostname': 'debian\n', 'etc/app.conf': 'of the image\n', 'etc/kept': 'mine\n' } as const;
const resets: Readonly<Record<Exclude<ResetMode, 'total'>, Content>> = {
  config: { ...kept, 'var/lib/own': 'mine\n' },
  system: { ...kept, 'var/lib/own': 'of the image\n' },
};

/** Before which of its changes a boot is killed. */
const moments = [2, 8, 20, 45];

/**
 * Asks twice for a reset of a version, which are one; kills the boots that make it, which leave the version as it was; has it
 * made, undone, asked for once more, and cancelled.
 */
export async function isResetThough(machine: Resettable, parent: string, mode: keyof typeof resets): Promise<void> {
  const { place } = machine;
  const ask = (): VersionRecord =>
    stageReset(place, {
      ...{ reset: { mode, keep: ['/etc/kept'] }, image: null, parent, choices: null, arm: true },
      ...{ changeSources: [], onProgress: () => undefined },
    }).version;
  ask();
  const { id } = ask();
  assert.deepEqual(statesOf(place, 'armed'), [id]);
  for (const moment of moments) {
    await assert.rejects(machine.boot(id, dyingSystem(moment)), Killed, `${mode}, killed at ${moment}`);
    machine.powerOff();
    assert.deepEqual(contentOf(place, parent), used, `${mode}, killed at ${moment}`);
  }
  await machine.boot(id);
  machine.powerOff();
  assert.deepEqual(statesOf(place, 'trial'), [id]);
  assert.deepEqual(contentOf(place, id), resets[mode]);
  markGood(place, id);
  const undone = switchVersion(place, { ...undoOfReset(place, id), data: null });
  assert.deepEqual([undone.status, undone.version.id], ['switched', parent]);
  markGood(place, parent);
  assert.deepEqual(contentOf(place, parent), used);
  const again = ask().id;
  assert.equal(cancelReset(place).version?.id, again);
  assert.deepEqual(statesOf(place, 'armed'), []);
  assert.throws(() => cancelReset(place), { code: 'no-reset' });
  assert.deepEqual(checkStore(place).findings, []);
}

function statesOf(place: StorePlace, wanted: VersionRecord['state']): string[] {
  const records = readStore(place, ({ files }) => readWholeVersions(files));
  return records.filter(({ state, removing }) => state === wanted && !removing).map(({ id }) => id);
}

/** What is there of all that somebody changed. */
function contentOf(place: StorePlace, version: string): Content {
  const branch = { volume: 'system', kind: 'branch', name: version } as const;
  return readStore(place, ({ backend }) => {
    let content: Content = {};
    backend.withContent(branch, { writable: false }, (root) => {
      const there = Object.keys(used).filter((path) => existsSync(join(root, path)));
      content = Object.fromEntries(there.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
    });
    return content;
  });
}
