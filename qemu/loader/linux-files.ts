import { readFile } from 'node:fs/promises';
import { type Built, cached } from '../cache.ts';
import { command } from '../command.ts';
import { debianImage, kernelFile } from '../images.ts';
import type { VersionFiles } from './version-files.ts';

const busybox = '/bin/busybox';

/** Says the same as the echo kernel, and resets the machine. */
const init = `#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
command=$(/bin/busybox cat /proc/cmdline)
initrds=$(/bin/busybox cat /first /second | /bin/busybox tr '\\n' ' ')
printf '\\r\\nSTARTED %s\\r\\nINITRD %s\\r\\nFINISHED\\r\\n' "$command" "$initrds" > /dev/ttyS0
/bin/busybox sleep 1
/bin/busybox reboot -f
`;

/** A real kernel, for firmware that the echo kernel does not start by; an initrd that says how it was started. */
export async function linuxFiles(): Promise<VersionFiles> {
  const kernel = await readFile(kernelFile(await debianImage('bookworm')));
  const archive = await readFile((await initArchive()).path);
  return (version) =>
    new Map<string, Uint8Array | string>([
      ['linux', kernel],
      ['initrd', Buffer.concat([archive, archiveOf('first', `${version}:first\n`)])],
      ['second', archiveOf('second', `${version}:second\n`)],
    ]);
}

function initArchive(): Promise<Built> {
  return cached({
    name: 'loader-init',
    inputs: [init],
    make: async (path) => {
      const script = [
        'mkdir -p "$2/bin" "$2/proc" "$2/dev"',
        `cp ${busybox} "$2/bin/busybox"`,
        'printf %s "$1" > "$2/init"; chmod 755 "$2/init"',
        'mknod "$2/dev/console" c 5 1; mknod "$2/dev/ttyS0" c 4 64',
        'cd "$2"; find . | cpio --quiet -o -H newc > "$2.cpio"; cd /; mv "$2.cpio" "$3"; rm -r "$2"',
      ].join('\n');
      await command('sh', ['-euc', script, 'sh', init, `${path}.tree`, path]);
    },
  });
}

/** An archive of one file, as cpio's `newc` has it; archives that follow each other are one (Documentation/driver-api/early-userspace/buffer-format.rst). */
function archiveOf(name: string, content: string): Buffer {
  return Buffer.concat([member(name, content, 0o100644), member('TRAILER!!!', '', 0)]);
}

function member(name: string, content: string, mode: number): Buffer {
  const fields = [0, mode, 0, 0, 1, 0, content.length, 0, 0, 0, 0, name.length + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(header), padded(content)]);
}

function padded(text: string): Buffer {
  return Buffer.concat([Buffer.from(text, 'latin1'), Buffer.alloc(-text.length & 3)]);
}
