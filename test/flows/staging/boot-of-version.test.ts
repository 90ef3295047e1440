import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Place } from '../../../src/domain/volume.ts';
import { bootOf } from '../../../src/flows/staging/boot-of-version.ts';
import type { BackendKind, BootLocation } from '../../../src/storage/backend.ts';
import { btrfsBackend } from '../../../src/storage/btrfs/backend.ts';
import { changeStore } from '../../../src/store/open-store.ts';
import type { System } from '../../../src/system/system.ts';
import { system } from '../../storage/objects.ts';
import { imageContent, withMachine } from './machine.ts';

/** A machine that was started from a logical volume which its command line names by the UUID of the filesystem. */
const started: System = {
  ...system,
  readFile(path) {
    if (path === '/proc/cmdline') return 'root=UUID=1234 ro rd.lvm.lv=vg0/root rd.lvm.lv=vg0/swap quiet\n';
    const mounts = '9999 1 254:0 / / rw - ext4 /dev/mapper/vg0-root rw\n';
    return system.readFile(path) + (path === '/proc/self/mountinfo' ? mounts : '');
  },
};

/** The command line of a version whose root is said to be elsewhere by `location`. */
async function commandLine(location: Partial<BootLocation>): Promise<string> {
  const kind: BackendKind = {
    ...btrfsBackend,
    open(...where) {
      const backend = btrfsBackend.open(...where);
      const moved = (place: Place): BootLocation | null => {
        const found = backend.bootLocation(place);
        return found === null ? null : { ...found, ...location };
      };
      return { ...backend, bootLocation: moved };
    },
  };
  let line = '';
  await withMachine(async (machine) => {
    await machine.init(machine.image('base', imageContent(12)));
    const place = { ...machine.placeWith(started), findKind: () => kind };
    line = changeStore(place, (store) => bootOf(store, machine.version('debian-12.1')).commandLine);
  });
  return line;
}

test('a root on a volume of its own does not wait for that of the root that runs, which may be removed', async () => {
  const root = { device: '/dev/mapper/vg0-next', subvolume: null };
  assert.equal(
    await commandLine({ root, words: ['rd.lvm.lv=vg0/next'] }),
    'root=/dev/mapper/vg0-next rw rd.lvm.lv=vg0/next rd.lvm.lv=vg0/swap quiet',
  );
});

test('a root in the same filesystem as the one that runs has the volume activated that both lie on', async () => {
  const root = { device: 'UUID=1234', subvolume: 'migrate/next' };
  assert.equal(
    await commandLine({ root }),
    'root=UUID=1234 rootflags=subvol=migrate/next rw rd.lvm.lv=vg0/root rd.lvm.lv=vg0/swap quiet',
  );
});
