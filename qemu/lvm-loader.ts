import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commonWords, type ReadyEntry } from './gather.ts';
import type { Disk } from './machine.ts';
import { inMounted } from './mounted.ts';

/** A line of lvmlocal.conf: the daemon that watches pools takes 80 s to end when a machine goes off. */
export const withoutMonitoring = "echo 'activation/monitoring = 0'";

/** Mounts at /run/kernels what `$from` names, and puts the path in it into `$path`. */
const mountVolume = [
  '  device=$(echo "$from" | cut -d : -f 1) path=$(echo "$from" | cut -d : -f 2-)',
  '  lvchange --activate y --ignoreactivationskip "vg0/$(echo "$device" | cut -d - -f 2-)"',
  '  mount -o ro "$device" /run/kernels || mount "$device" /run/kernels',
];

/**
 * For a script of the machine: keeps what `migrate entry` says of the next boot, or of a version, on the disk of the
 * loader, with the files, as no loader reads a thin volume. Says "saved" and the name. Another kind of storage has lines of
 * its own for `mountVolume`.
 */
export function saveEntry(name: string, mountSource: readonly string[] = mountVolume): string {
  const id = name === 'next' ? '' : ` ${name}`;
  return [
    '(set -eu',
    `entry=$(migrate entry --json${id})`,
    'mkdir -p /run/loader /run/kernels',
    'mount LABEL=LOADER /run/loader',
    `files=/run/loader/${name}`,
    'rm -rf "$files"',
    'mkdir "$files"',
    'printf %s "$entry" > "$files/entry.json"',
    'for file in kernel initrd secondInitrd; do',
    `  from=$(printf %s "$entry" | sed -n "s/.*\\"$file\\":\\"\\([^\\"]*\\)\\".*/\\1/p")`,
    '  [ -n "$from" ] || continue',
    ...mountSource,
    '  cp "/run/kernels$path" "$files/$file"',
    '  umount /run/kernels',
    'done',
    'umount /run/loader',
    `echo saved ${name})`,
  ].join('\n');
}

/** What `saveEntry` kept. */
export async function savedEntry(
  { name, file }: Disk,
  directory: string,
  { entry, number }: { readonly entry: string; readonly number: number },
): Promise<ReadyEntry> {
  const target = join(directory, `boot-${number}.files`);
  const script = 'mkdir -p "$2" && cp "loader/$1/"* "$2/"';
  await inMounted([{ name, disk: file, options: 'ro' }], script, [entry, target]);
  const { secondInitrd, commandLine } = JSON.parse(await readFile(join(target, 'entry.json'), 'utf8')) as {
    readonly secondInitrd: string | null;
    readonly commandLine: string;
  };
  return {
    kernel: join(target, 'kernel'),
    initrds: ['initrd', ...(secondInitrd === null ? [] : ['secondInitrd'])].map((one) => join(target, one)),
    cmdline: [...commonWords, commandLine].join(' '),
  };
}
