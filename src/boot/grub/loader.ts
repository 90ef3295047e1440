import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import type { RootPath } from '../../domain/path.ts';
import { locationOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Loader, LoaderKind, LoaderPlace, LoaderState, Menu } from '../loader.ts';
import { asWritten, notWritten } from '../not-written.ts';
import { whyNoTry } from '../start-reason.ts';
import { configurationPath, renderConfiguration } from './configuration.ts';
import { newestOf, readEnvironments, writeEnvironments } from './environment.ts';
import { isHalfCommitted } from './half-committed.ts';
import { menuName, renderMenu, startFilesIn } from './menu.ts';
import { problemsOf } from './problems.ts';
import { replaceFile } from './replace-file.ts';
import { isOurs } from './script.ts';
import { whyNotWritable } from './writable-by-grub.ts';

/**
 * GRUB 2: a menu that counts, and two environments that GRUB and this system write in turn. Only what is in its final place
 * on the disk counts, as GRUB replays no journal.
 */
export const grub: LoaderKind = { name: 'grub', open, whyNotCounted: whyNoTry };

function open(place: LoaderPlace, system: System): Loader {
  const inPlace = <Result>(use: (files: Files) => Result): Result => withDirectory(system, place.directory, use);
  const checkpoint = (): void => system.mounts.checkpoint(place.directory);
  const written = (write: (files: Files) => void): void =>
    inPlace((files) => {
      requireWritable(system, files);
      asWritten('GRUB', () => write(files));
    });
  return {
    name: grub.name,
    install: () => written((files) => install(place, system, files, checkpoint)),
    read: () => inPlace(readState),
    startFiles: () => inPlace(readStartFiles),
    writeMenu: (menu) => written((files) => writeMenu(place, files, { menu, checkpoint })),
    write: (state) => written((files) => writeEnvironments(files, state, checkpoint)),
    problems: () => inPlace((files) => problemsOf(place, system, files)),
  };
}

const menuFile: RootPath = `/${menuName}`;

function requireWritable(system: System, files: Files): void {
  const why = whyNotWritable(system, files);
  if (why === null) return;
  throw new Failure({
    code: 'loader-filesystem',
    kind: 'input',
    message: `Cannot have GRUB count in ${textOrBytes(files.root)}: ${why}`,
    advice:
      'Keep the directory on a plain partition with ext4 or FAT, mounted writable, such as /boot or the EFI system partition',
  });
}

/** A distribution keeps a grub.cfg of its own, which starts all that the machine has. */
function requireOurs(files: Files): void {
  const strange = [configurationPath, menuFile].find((path) => {
    const status = files.status(path);
    return status !== null && !(status.type === 'file' && isOurs(files.read(path)));
  });
  if (strange === undefined) return;
  throw new Failure({
    code: 'loader-directory',
    kind: 'input',
    message: `Cannot set up GRUB: the directory holds a ${strange.slice(1)} that migrate has not made`,
    advice: 'Name an empty directory for it alone, such as /boot/migrate',
  });
}

/** Before anything was ever set there is neither menu nor environment. */
function readState(files: Files): LoaderState {
  const environments = readEnvironments(files);
  const newest = newestOf(environments);
  if (newest !== null) return asCommitted(files, newest.content.state);
  const isNew = environments.every(({ isThere }) => !isThere) && files.status(menuFile) === null;
  if (isNew) return { good: null, trial: null, once: null };
  throw new Failure({
    code: 'loader-damaged',
    kind: 'failed',
    message: `Cannot tell what GRUB starts: neither env.a nor env.b in ${textOrBytes(files.root)} is whole`,
    advice: 'GRUB starts the version that its menu was written with; set the loader anew: migrate loader set',
  });
}

/** What the menu has as good has proven itself, whatever an environment says that a power cut has kept from saying so. */
function asCommitted(files: Files, state: LoaderState): LoaderState {
  return isHalfCommitted(files, state) ? { ...state, good: state.trial?.version ?? null, trial: null } : state;
}

function readStartFiles(files: Files): ReadonlySet<string> {
  return startFilesIn(files.status(menuFile) === null ? '' : files.read(menuFile));
}

/** Environments that say nothing yet, also where both are lost: GRUB then starts what its menu was written with. */
function install({ path }: LoaderPlace, system: System, files: Files, checkpoint: () => void): void {
  requireOurs(files);
  const uuid = locationOf(system, files).device.slice('UUID='.length);
  replaceFile(files, configurationPath, renderConfiguration({ uuid, path }), checkpoint);
  if (newestOf(readEnvironments(files)) === null) {
    writeEnvironments(files, { good: null, trial: null, once: null }, checkpoint);
  }
}

function writeMenu(
  place: LoaderPlace,
  files: Files,
  { menu, checkpoint }: { readonly menu: Menu; readonly checkpoint: () => void },
): void {
  const text = renderMenu(menu, place);
  replaceFile(files, menuFile, text, checkpoint);
  if (files.readFromDisk(menuFile) !== text)
    throw notWritten('GRUB', `${menuName} does not hold what was written there`);
}
