import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { command } from './command.ts';

/** The Debian releases that roots are made of. */
export type Suite = 'bookworm' | 'trixie';

/** What mmdebstrap is told, and what a root depends on; `excluded` are directories that stay empty. */
export function bootstrapOptions(packages: readonly string[], excluded: readonly string[]): readonly string[] {
  return [
    '--variant=minbase',
    '--mode=root',
    '--format=directory',
    `--include=${packages.join(',')}`,
    '--aptopt=Acquire::Languages "none"',
    '--aptopt=Apt::Install-Recommends "false"',
    ...excluded.map((directory) => `--dpkgopt=path-exclude=${directory}/*`),
  ];
}

/** Makes `root`, a Debian as it comes from the mirror, in a directory that it makes, with a log beside it. */
export async function bootstrap(options: readonly string[], suite: Suite, directory: string): Promise<void> {
  await mkdir(directory);
  await command('mmdebstrap', [...options, suite, join(directory, 'root')], {
    log: join(directory, 'build.log'),
    env: { SOURCE_DATE_EPOCH: '1760000000' },
  });
}
