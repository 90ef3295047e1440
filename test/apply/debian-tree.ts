import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../qemu/cache.ts';
import { command } from '../../qemu/command.ts';

/** Programs that make files from settings, and what they need. */
const packages = [
  ['ca-certificates', 'locales', 'dconf-cli', 'udev'],
  ['policycoreutils', 'selinux-policy-default'],
].flat();

const options = [
  '--variant=minbase',
  '--mode=root',
  '--format=directory',
  `--include=${packages.join(',')}`,
  '--aptopt=Acquire::Languages "none"',
  '--aptopt=Apt::Install-Recommends "false"',
  '--dpkgopt=path-exclude=/usr/share/man/*',
  '--dpkgopt=path-exclude=/usr/share/doc/*',
];

/** The root of a Debian 13 with those programs, never written again; a first build takes a minute and a half. */
export async function debianTree(): Promise<string> {
  const { path } = await cached({
    name: 'derived-trixie',
    inputs: options,
    make: async (unfinished) => {
      await mkdir(unfinished);
      await command('mmdebstrap', [...options, 'trixie', join(unfinished, 'root')], {
        log: join(unfinished, 'build.log'),
        env: { SOURCE_DATE_EPOCH: '1760000000' },
      });
    },
  });
  return join(path, 'root');
}
