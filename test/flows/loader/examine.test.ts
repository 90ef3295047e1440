import assert from 'node:assert/strict';
import { rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { requireSafeLoader, requireSafeReset } from '../../../src/flows/loader/arm-loader.ts';
import { examine } from '../../../src/flows/loader/examine.ts';
import type { StorePlace } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { system } from '../../storage/objects.ts';
import { fill, type Machine } from '../staging/machine.ts';
import { choices, first, withLoaderMachine } from './loader-machine.ts';

const found = (place: StorePlace, key: string): boolean[] =>
  examine(place, null)
    .filter((each) => each.key === key)
    .map(({ blocksTrial }) => blocksTrial);

/** This machine at a time, with a root that was built at another; null for one that does not say when. */
function systemAt(machine: Machine, now: number, built: number | null): System {
  const root = join(machine.work, 'running');
  fill(root, { 'usr/lib/os-release': 'ID=debian\n' });
  if (built !== null) utimesSync(join(root, 'usr/lib/os-release'), built / 1000, built / 1000);
  else rmSync(join(root, 'usr/lib/os-release'));
  const openRoot: System['openRoot'] = (directory, options) =>
    system.openRoot(directory === '/' ? root : directory, options);
  return { ...system, openRoot, now: () => new Date(now).toISOString() };
}

test('case 131: a clock that is behind the build of what runs stops a trial; behind the last change of a version it is told of', async () => {
  await withLoaderMachine(async ({ machine }) => {
    const last = Date.parse(machine.version(first).history.at(-1)?.at ?? '');
    const years = 365 * 86_400_000;
    const at = (now: number, built: number | null): StorePlace => machine.placeWith(systemAt(machine, now, built));
    // Once it was ten years ahead, and is right again.
    for (const built of [last - 11 * years, null]) {
      assert.deepEqual(found(at(last, built), 'clock-behind'), []);
      assert.deepEqual(found(at(last - 10 * years, built), 'clock-behind'), [false]);
      await requireSafeLoader(at(last - 10 * years, built), choices);
    }
    const reset = at(0, last - years);
    assert.deepEqual(found(reset, 'clock-behind'), [true]);
    await assert.rejects(requireSafeLoader(reset, choices), {
      ...{
        code: 'loader-unsafe',
        message: /The clock says 1970-.* was built at .* when \/usr\/lib\/os-release was made/,
      },
    });
    // The initramfs of a machine that keeps no time resets it all the same.
    await requireSafeReset(reset, choices);
  });
});

test('case 131: of a link in /usr/lib what it leads to tells when the system was built, and is named; not what the machine has in /etc', async () => {
  await withLoaderMachine(({ machine }) => {
    const built = Date.now() + 86_400_000;
    const running = systemAt(machine, Date.now(), null);
    const root = join(machine.work, 'running');
    const messages = (): string[] =>
      examine(machine.placeWith(running), null)
        .filter(({ key }) => key === 'clock-behind')
        .map(({ message }) => message);
    fill(root, { 'usr/lib/os.d/release-debian': 'ID=debian\n', 'etc/os-release': 'ID=debian\n' });
    for (const path of ['usr/lib/os.d/release-debian', 'etc/os-release'])
      utimesSync(join(root, path), built / 1000, built / 1000);
    symlinkSync('os.d/release-debian', join(root, 'usr/lib/os-release'));
    assert.match(messages().join(), /built at 20.* when \/usr\/lib\/os\.d\/release-debian was made$/);
    for (const target of ['../../etc/os-release', '/nowhere', 'os-release', '../lib']) {
      rmSync(join(root, 'usr/lib/os-release'));
      symlinkSync(target, join(root, 'usr/lib/os-release'));
      assert.deepEqual(messages(), []);
    }
    return Promise.resolve();
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
