import { textOrBytes } from '../../domain/bytes.ts';
import { datasetOfDevice, deviceOfDataset, isPlainDataset } from '../../domain/zfs-dataset.ts';
import { locationOf as storeLocation } from '../../files/location.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { BootLocation } from '../backend.ts';

/**
 * Where an initramfs finds the store and a dataset: by their names, once dracut's module of ZFS has imported the pool. No loader
 * of kernels reads all of ZFS, so that a file of it is named together with its dataset. Null where a kernel command line
 * cannot name it.
 */
export function locationOf(system: System, files: Files, name: string): BootLocation | null {
  const store = storeLocation(system, files);
  const ofStore = datasetOfDevice(store.device);
  if (!isPlainDataset(name) || (ofStore !== null && !isPlainDataset(ofStore))) return null;
  const device = deviceOfDataset(name);
  return {
    store,
    root: { device, subvolume: null },
    words: hostIdWords(system),
    source: { what: name, type: 'zfs', options: [] },
    pathOf: (path) => `${device}:${textOrBytes(path)}`,
  };
}

const hostIdOfModule = '/sys/module/spl/parameters/spl_hostid';
const hostIdFile = '/etc/hostid';

/**
 * A pool that is in use is not imported by a machine of another host id, which every image may bring its own of, also in its
 * initramfs. So all versions are started with the one that the machine has now: spl(4).
 */
function hostIdWords(system: System): string[] {
  const ofModule = system.exists(hostIdOfModule) ? Number(system.readFile(hostIdOfModule)) : 0;
  const id = ofModule === 0 ? hostIdInFile(system) : ofModule;
  return id === 0 ? [] : [`spl.spl_hostid=0x${id.toString(16).padStart(8, '0')}`];
}

/** Four bytes, as the machine has them in memory (zgenhostid(8)). */
function hostIdInFile({ exists, readFile }: System): number {
  const bytes = exists(hostIdFile) ? readFile(hostIdFile) : '';
  return bytes.length < 4 ? 0 : Buffer.from(bytes, 'latin1').readUInt32LE(0);
}
