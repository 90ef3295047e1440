import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import { mountOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Loader, LoaderKind, LoaderPlace, LoaderState, Menu } from '../loader.ts';
import { asWritten, notWritten } from '../not-written.ts';
import { entriesPath, entryPath, listEntries, writeEntry } from './entries.ts';
import { nameOfVersion, onceName, renderMenu, renderTrial } from './menu.ts';
import { problemsOf } from './problems.ts';
import { readState, writeState } from './state.ts';
import { whyNotWritable } from './writable-by-firmware.ts';

/**
 * systemd-boot: entry files at the top of the filesystem, whose names count the starts that are left. The kernels, and the
 * entry of a trial until it is armed, are in the loader's directory.
 */
export const systemdBoot: LoaderKind = { name: 'systemd-boot', open };

function open(place: LoaderPlace, system: System): Loader {
  const atTop = <Result>(use: (files: Files) => Result): Result =>
    withDirectory(system, place.directory, (directory) =>
      withDirectory(system, mountOf(system, directory).directory, use),
    );
  const written = (write: (files: Files) => void): void =>
    atTop((files) => {
      requireWritable(system, files);
      writing(system, files, write);
    });
  return {
    name: systemdBoot.name,
    install: () => written(install),
    read: () => atTop(readState),
    writeMenu: (menu) => written((files) => writeMenu(files, trialPath(place), menu)),
    write: (state) => written((files) => write(files, state, trialPath(place))),
    problems: () => atTop((files) => problemsOf(system, files)),
  };
}

function trialPath({ path }: LoaderPlace): RootPath {
  return childOf(path, 'trial.entry');
}

function requireWritable(system: System, files: Files): void {
  const why = whyNotWritable(system, files);
  if (why === null) return;
  throw new Failure({
    code: 'loader-filesystem',
    kind: 'input',
    message: `Cannot have systemd-boot count in ${textOrBytes(files.root)}: ${why}`,
    advice: 'Keep the directory on the EFI system partition, mounted writable',
  });
}

function install(files: Files): void {
  for (const directory of [parentOf(entriesPath), entriesPath]) {
    if (files.status(directory) === null) files.makeDirectory(directory);
  }
}

/** Entries of versions that are in it no more go last. One that is counted is the state's. */
function writeMenu(files: Files, trialFile: RootPath, menu: Menu): void {
  const entries = renderMenu(menu);
  if (menu.trial !== null) writeDurably(files, trialFile, renderTrial(menu.trial));
  const onTrial = menu.trial === null ? null : nameOfVersion(menu.trial.version);
  for (const { name, text } of entries) writeEntry(files, entryPath(name), text);
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, path, counter } of listEntries(files)) {
    const isKept = names.has(name) || name === onceName || name === onTrial || counter !== null;
    if (!isKept) files.unlink(path);
  }
}

function write(files: Files, state: LoaderState, trialFile: RootPath): void {
  writeState(files, state, trialFile);
  const now = readState(files);
  if (now.good === state.good && now.trial?.version === state.trial?.version && now.once?.nonce === state.once?.nonce)
    return;
  throw notWritten(systemdBoot.name, 'the entries do not say what was written');
}

/** Brings what was written to the disk. */
function writing(system: System, files: Files, write: (files: Files) => void): void {
  asWritten(systemdBoot.name, () => {
    write(files);
    system.mounts.checkpoint(files.root);
  });
}
