import { Failure } from '../../domain/failure.ts';
import type { System } from '../../system/system.ts';
import { mountVariables, variablePath } from './counted-start.ts';
import { nameOfVersion } from './menu.ts';

/**
 * What efivarfs has before a value (Documentation/filesystems/efivarfs.rst): the variable is kept without power, and is there
 * for loaders and for the running system (UEFI 2.10, 8.2.1).
 */
const attributes = '\x07\0\0\0';

/**
 * Has systemd-boot start the entry of a version the next time, and only then, whatever comes first by its order (systemd-boot(7),
 * LoaderEntryOneShot). The variable is the firmware's: it is kept where the entries cannot be written. Throws Failure.
 */
export function startNext(system: System, version: string): void {
  const why = mountVariables(system);
  if (why !== null) throw unset(version, why);
  // Of another loader it would stay unread until some day.
  if (!system.exists(variablePath('LoaderInfo'))) throw unset(version, 'it has not started this machine');
  const value = [...`${nameOfVersion(version)}.conf\0`].map((letter) => `${letter}\0`).join('');
  system.withTemporaryDirectory((directory) => {
    const prepared = `${directory}/one-shot`;
    system.writeFile(prepared, `${attributes}${value}`);
    // The firmware takes a variable in one write, and the file of a new one cannot be changed or renamed.
    system.commands.run('cp', [prepared, variablePath('LoaderEntryOneShot')]);
  });
}

function unset(version: string, why: string): Failure {
  return new Failure({
    code: 'loader-not-written',
    kind: 'failed',
    message: `Cannot have systemd-boot start ${version} the next time: ${why}`,
  });
}
