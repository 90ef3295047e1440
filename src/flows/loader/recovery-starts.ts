import { type RecoveryMode, recoveryModes } from '../../domain/recovery-request.ts';
import { systemVolume } from '../../domain/version.ts';
import type { Store } from '../../store/store.ts';
import { recoveryCommandLine } from '../../versions/command-line.ts';
import { requireLocation, secondInitrdPath } from '../staging/boot-of-version.ts';
import type { VersionStart } from './starts-of-versions.ts';

/** What a person may pick for a repair: all of it is started by the same files, with other words. */
export type RecoveryStarts = {
  /** The good version, with the second initrd, which its root may lack. */
  readonly start: VersionStart;
  readonly choices: readonly { readonly title: string; readonly commandLine: string }[];
};

/** The Recovery menu of a machine whose good version starts so. Throws Failure `cannot-boot`. */
export function recoveryStarts(store: Store, { files, ...start }: VersionStart): RecoveryStarts {
  const { id, branch } = start.version;
  const { store: location } = requireLocation(store, id, branch);
  return {
    start: {
      ...start,
      files: [...files.filter(({ name }) => name !== 'migrate.cpio.zst'), secondInitrd],
    },
    choices: recoveryModes.map((mode) => ({
      title: titleOf(mode, volumesIn(store)),
      commandLine: recoveryCommandLine(start.commandLine, location, mode),
    })),
  };
}

const secondInitrd = { name: 'migrate.cpio.zst', path: secondInitrdPath } as const;

/** A menu has one line for each entry, of 80 columns with its frame: the console says the rest before it asks. */
const namesShown = 3;

function titleOf(mode: RecoveryMode, volumes: readonly string[]): string {
  if (mode === 'config') return 'Reset the settings (config)';
  if (mode === 'system') return 'Reset the system, keep data (system)';
  if (mode === 'shell') return 'Recovery shell';
  if (volumes.length === 0) return 'Reset everything (total)';
  const more = volumes.length - namesShown;
  const names = volumes.slice(0, namesShown).join(', ');
  return `Reset everything: destroys ${names}${more > 0 ? ` and ${more} more` : ''} (total)`;
}

function volumesIn({ state }: Store): readonly string[] {
  const names = [...state.volumes.values()].map(({ record }) => record.name);
  return names.filter((name) => name !== systemVolume).sort();
}
