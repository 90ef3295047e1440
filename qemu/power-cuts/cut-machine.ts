import { open, stat } from 'node:fs/promises';
import { machineWords, setLoader, writeBootDisk } from '../boot-disk.ts';
import { btrfsDisk } from '../btrfs-disk.ts';
import { command } from '../command.ts';
import { partitionStart, sectorSize } from '../grub-core.ts';
import type { Image } from '../images.ts';
import type { Disk } from '../machine.ts';
import { inMounted, type Mount } from '../mounted.ts';
import { operatorChanges } from '../operator.ts';
import { changeRoot, firstStart } from '../root-changes.ts';
import { asOnTheMachine, completeImages, filesOf } from '../store-disk.ts';

const mebibyte = 1024 * 1024;
const rootSize = 6 * 1024 * mebibyte;
/** Behind the disk that boot-disk.ts makes. */
const rootStart = 513 * mebibyte;

/** The version that the machine runs at first. */
export const oldVersion = 'bookworm.1';

/** Mounted all the while, as a machine's /boot is: what was written there is not brought to its place by an unmount. */
const loaderMounted = `
mkdir /loader
echo 'LABEL=BOOT /loader ext4 noatime 0 0' >> /etc/fstab
`;

/** The soak time is that of a machine whose operator is in a hurry. */
const impatient = `
mkdir -p /etc/systemd/system/migrate-good.service.d
cat > /etc/systemd/system/migrate-good.service.d/soak.conf <<END
[Service]
ExecStart=
ExecStart=/usr/bin/migrate mark-good --checked --limit 60 --soak 1
END
`;

/** Half of all files, which no start needs: under emulation it takes long to unpack, compare and verify them. */
const lean = `
lean() {
  ( cd "disk/@images/$1/usr"
    rm -rf lib/python3* lib/x86_64-linux-gnu/perl* lib/x86_64-linux-gnu/gconv lib/x86_64-linux-gnu/libicudata.so.*
    rm -rf lib/udev/hwdb.* share/bash-completion share/perl* share/zoneinfo )
}
`;

const initialized = [
  'binary=$1 old=$2 oldsecond=$3 new=$4 newsecond=$5',
  completeImages,
  lean,
  'complete bookworm old "$old" "$oldsecond"',
  'lean old',
  'finished old',
  'complete trixie new "$new" "$newsecond"',
  'lean new',
  'finished new',
  'btrfs --quiet subvolume snapshot disk/@images/old disk/@v1',
  changeRoot('disk/@v1', [firstStart, operatorChanges, loaderMounted, impatient].join('')),
  asOnTheMachine(`root=LABEL=ROOT rootflags=subvol=@v1 rw ${machineWords}`),
  'mkdir root',
  'mount -o subvol=@v1 "$(findmnt --noheadings --output SOURCE --nofsroot disk)" root',
  '"$binary" init --root root --image disk/@images/old --name bookworm --host atlas',
  'umount root',
  'export MIGRATE_STORE="$PWD/disk/migrate"',
  setLoader,
].join('\n');

/**
 * Writes the one disk of a machine that GRUB starts: a partition with ext4 for the loader, one with btrfs for the store and
 * all versions. One disk, so that there is one order of all writes. It runs Debian 12 as its first version, and finds
 * Debian 13 in the subvolume `@images/new`.
 */
export async function writeCutMachine(
  file: string,
  images: { readonly old: Image; readonly new: Image; readonly binary: string },
): Promise<Disk> {
  await writeBootDisk(file);
  const { size } = await stat(file);
  if (size !== rootStart) throw new Error(`the partition of the loader ends at ${size}, not at ${rootStart}`);
  await command('truncate', ['--size', String(rootStart + rootSize), file]);
  const block = ['bs=1M', 'conv=sparse,notrunc', 'status=none', `seek=${rootStart / mebibyte}`];
  await command('dd', [`if=${(await btrfsDisk()).path}`, `of=${file}`, ...block]);
  await addPartition(file);
  const mounts = [bootMount(file), rootMount(file)];
  await inMounted(mounts, initialized, [images.binary, ...(await filesOf(images, 'migrate', images.binary))]);
  return { name: 'disk', file };
}

/** The filesystem of the store: a script of the host finds it as `disk`. */
export function rootMount(disk: string): { readonly name: string; readonly disk: string; readonly options: string } {
  return { name: 'disk', disk, options: `offset=${rootStart}` };
}

/** The filesystem of the loader. */
function bootMount(disk: string): Mount {
  const start = partitionStart * sectorSize;
  return { name: 'boot', disk, options: `offset=${start},sizelimit=${rootStart - start}` };
}

/** The second entry of the partition table. */
async function addPartition(file: string): Promise<void> {
  const entry = Buffer.alloc(16);
  entry.writeUInt8(0x83, 4);
  entry.writeUInt32LE(rootStart / sectorSize, 8);
  entry.writeUInt32LE(rootSize / sectorSize, 12);
  const disk = await open(file, 'r+');
  await disk.write(entry, 0, entry.length, 446 + 16);
  await disk.close();
}
