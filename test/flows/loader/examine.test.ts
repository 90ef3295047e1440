import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireSafeLoader, requireSafeReset } from '../../../src/flows/loader/arm-loader.ts';
import { examine } from '../../../src/flows/loader/examine.ts';
import type { StorePlace } from '../../../src/store/open-store.ts';
import { system } from '../../storage/objects.ts';
import { choices, first, withLoaderMachine } from './loader-machine.ts';

const found = (place: StorePlace, key: string): boolean[] =>
  examine(place, null)
    .filter((each) => each.key === key)
    .map(({ blocksTrial }) => blocksTrial);

test('case 131: a clock that is behind the last change is told of, and more than an hour behind nothing is tried', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const last = machine.version(first).history.at(-1)?.at ?? '';
    const at = (minutesBehind: number): StorePlace => {
      const now = new Date(Date.parse(last) - minutesBehind * 60_000).toISOString();
      return machine.placeWith({ ...system, now: () => now });
    };
    assert.deepEqual(found(at(0), 'clock-behind'), []);
    assert.deepEqual(found(at(59), 'clock-behind'), [false]);
    assert.deepEqual(found(at(61), 'clock-behind'), [true]);
    await requireSafeLoader(at(59), choices);
    await assert.rejects(requireSafeLoader(at(61), choices), { code: 'loader-unsafe', message: /The clock says/ });
    // The initramfs of a machine that keeps no time resets it all the same.
    await requireSafeReset(at(61), choices);
  });
});

test('a record of a version that cannot be read keeps from a trial, which could not be given up', async () => {
  await withLoaderMachine(async ({ machine }) => {
    await requireSafeLoader(machine.place, choices);
    writeFileSync(join(machine.top, 'migrate/versions/other.json'), '{');
    assert.deepEqual(found(machine.place, 'version-record'), [true]);
    await assert.rejects(requireSafeLoader(machine.place, choices), { code: 'loader-unsafe' });
    await requireSafeReset(machine.place, choices);
  });
});
