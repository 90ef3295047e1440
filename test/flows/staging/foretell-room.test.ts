import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Filled, requireRoom } from '../../../src/flows/staging/foretell-room.ts';
import { noSize, type Size } from '../../../src/flows/staging/measure-filling.ts';
import type { BackendKind, Room } from '../../../src/storage/backend.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { readStore } from '../../../src/store/open-store.ts';
import { imageContent, withMachine } from './machine.ts';

const mebibyte = 2 ** 20;
const size = { bytes: 3 * mebibyte, entries: 2 };
const home = { volume: 'home', path: '/home' } as const;

test('what stays free in a pool is told beside what is free, and volumes where they take some of it', async () => {
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const refused = (room: Room, carried: Size, filled: readonly Filled[]): void => {
      const open: BackendKind['open'] = (...place) => ({ ...btrfsBackend.open(...place), room: () => room });
      const place = { ...machine.place, findKind: () => ({ ...btrfsBackend, open }) };
      readStore(place, (store) => requireRoom(store, carried, filled));
    };
    const pool = { where: 'the thin pool vg/pool', bytes: 0, reserved: 6.4 * mebibyte };
    assert.throws(() => refused(pool, noSize, [{ ...home, size }]), {
      message:
        'The boot needs 3 MiB in 2 files and directories in the thin pool vg/pool, where 0 MiB are free beyond the 6 MiB that are to stay so: ' +
        '3 MiB in 2 files and directories for /home, which the volume home begins with',
      advice: /, move data elsewhere, or declare no volume for it$/,
    });
    const dataset = { where: 'the dataset tank', bytes: mebibyte };
    assert.throws(() => refused(dataset, size, [{ ...home, size: noSize }]), {
      message:
        'The boot needs 3 MiB in 2 files and directories in the dataset tank, where 1 MiB are free: 3 MiB in 2 files and directories for what is carried',
      advice: /migrate volume gc\) or move data elsewhere$/,
    });
  });
});
