import { mkdtemp, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheDirectory } from './cache.ts';
import { command, type Output } from './command.ts';
import { locked } from './locked.ts';

/** What a script finds mounted in its working directory: a disk file by its name, an image's tree as a copy in memory. */
export type Mount =
  | { readonly name: string; readonly disk: string; readonly options?: string }
  | { readonly name: string; readonly copyOf: string };

/**
 * Runs a POSIX sh script as root where the mounts are subdirectories of its working directory. `inside ROOT` in the
 * script runs its standard input as a script in that root. All of it happens in a mount namespace of its own, so that
 * nothing stays mounted however it ends. Arguments are `$1` and so on. Throws CommandError.
 */
export async function inMounted(
  mounts: readonly Mount[],
  script: string,
  args: readonly string[] = [],
): Promise<Output> {
  const directory = await mkdtemp(join(tmpdir(), 'migrate-mounted-'));
  const text = [prelude, ...mounts.map(mountLine), `(\n${script}\n)`, 'cd /', 'umount --recursive "$directory"'].join(
    '\n',
  );
  const run = () =>
    command('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', text, 'sh', ...args], {
      env: { directory, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive' },
    });
  try {
    // Copies of a disk share their btrfs uuid, and the kernel may take one for the other while it is mounted.
    const disks = mounts.some((mount) => 'disk' in mount);
    return await (disks ? locked(join(cacheDirectory(), 'locks', 'mounted-disks'), run) : run());
  } finally {
    await rmdir(directory);
  }
}

const prelude = `
set -eu
mount -t tmpfs -o mode=0755 tmpfs "$directory"
cd "$directory"
inside() {
  for kind in dev proc sys; do mount --rbind "/$kind" "$1/$kind"; done
  chroot "$1" sh -eu
  for kind in sys proc dev; do umount --recursive --lazy "$1/$kind"; done
}
`;

function mountLine(mount: Mount): string {
  const name = quoted(mount.name);
  if ('disk' in mount) {
    const options = ['loop', mount.options].filter((option) => option !== undefined).join(',');
    return `mkdir ${name}\nmount -o ${quoted(options)} ${quoted(mount.disk)} ${name}`;
  }
  const layers = `${mount.name}.layers`;
  return [
    `mkdir -p ${name} ${quoted(`${layers}/upper`)} ${quoted(`${layers}/work`)}`,
    `mount -t overlay -o ${quoted(`lowerdir=${mount.copyOf},upperdir=${layers}/upper,workdir=${layers}/work`)} overlay ${name}`,
  ].join('\n');
}

/** A word for sh that stands for exactly this text. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
