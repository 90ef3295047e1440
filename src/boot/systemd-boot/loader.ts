import { textOrBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { childOf, parentOf, type RootPath } from '../../domain/path.ts';
import { mountOf } from '../../files/location.ts';
import { withDirectory } from '../../files/with-directory.ts';
import { writeDurably } from '../../files/write-durably.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import type { Loader, LoaderKind, LoaderPlace, LoaderState, Menu, OneShot, Trial } from '../loader.ts';
import { asWritten, notWritten } from '../not-written.ts';
import { whyNotCounted } from './counted-start.ts';
import { entriesPath, entryPath, listEntries, writeEntry } from './entries.ts';
import { isRepair, nameOfVersion, onceName, renderMenu, renderTrial, startFilesOf } from './menu.ts';
import { startNext } from './next-start.ts';
import { problemsOf } from './problems.ts';
import { readState, readStateFromDisk, writeState } from './state.ts';
import { whyNotWritable } from './writable-by-firmware.ts';

/**
 * systemd-boot: entry files at the top of the filesystem, whose names count the starts that are left. The kernels, and the
 * entry of a trial until it is armed, are in the loader's directory.
 */
export const systemdBoot: LoaderKind = { name: 'systemd-boot', open, whyNotCounted, startNext };

function open(place: LoaderPlace, system: System): Loader {
  const atTop = <Result>(use: (files: Files) => Result): Result =>
    withDirectory(system, place.directory, (directory) =>
      withDirectory(system, mountOf(system, directory).directory, use),
    );
  const written = (write: (files: Files) => void): void =>
    atTop((files) => {
      requireWritable(system, files);
      asWritten(systemdBoot.name, () => write(files));
    });
  const checkpoint = (files: Files): void => system.mounts.checkpoint(files.root);
  return {
    name: systemdBoot.name,
    install: () => written((files) => install(files, checkpoint)),
    read: () => atTop(readState),
    startFiles: () => atTop((files) => readStartFiles(files, trialPath(place))),
    writeMenu: (menu) => written((files) => writeMenu(files, trialPath(place), { menu, checkpoint })),
    write: (state) => written((files) => write(files, trialPath(place), { state, checkpoint })),
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

/** The entry of a trial is among them before it is armed. */
function readStartFiles(files: Files, trialFile: RootPath): ReadonlySet<string> {
  const starts = listEntries(files).filter(({ name }) => !isRepair(name));
  const paths = [...starts.map(({ path }) => path), ...(files.status(trialFile) === null ? [] : [trialFile])];
  return new Set(paths.flatMap((path) => startFilesOf(files.read(path))));
}

/** Brings what was written to the disk. */
type Checkpoint = (files: Files) => void;

function install(files: Files, checkpoint: Checkpoint): void {
  for (const directory of [parentOf(entriesPath), entriesPath]) {
    if (files.status(directory) === null) files.makeDirectory(directory);
  }
  checkpoint(files);
}

/** Entries of versions that are in it no more go last. One that is counted is the state's. */
function writeMenu(
  files: Files,
  trialFile: RootPath,
  { menu, checkpoint }: { readonly menu: Menu; readonly checkpoint: Checkpoint },
): void {
  const entries = renderMenu(menu);
  if (menu.trial !== null) writeDurably(files, trialFile, renderTrial(menu.trial));
  const onTrial = menu.trial === null ? null : nameOfVersion(menu.trial.version);
  for (const { name, text } of entries) writeEntry(files, entryPath(name), text);
  const names = new Set(entries.map(({ name }) => name));
  for (const { name, path, counter } of listEntries(files)) {
    const isKept = names.has(name) || name === onceName || name === onTrial || counter !== null;
    if (!isKept) files.unlink(path);
  }
  checkpoint(files);
}

/** Read back once it is on the disk: until then the names are what this system has in memory. */
function write(
  files: Files,
  trialFile: RootPath,
  { state, checkpoint }: { readonly state: LoaderState; readonly checkpoint: Checkpoint },
): void {
  writeState(files, state, trialFile);
  checkpoint(files);
  const now = readStateFromDisk(files);
  if (now.good === state.good && isSameTrial(now.trial, state.trial) && isSameRequest(now.once, state.once)) return;
  throw notWritten(systemdBoot.name, 'the entries do not say what was written');
}

/** One that was given up has no start left, whatever is said of its starts. */
function isSameTrial(now: Trial | null, wanted: Trial | null): boolean {
  if (now === null || wanted === null) return now === wanted;
  const { version, tries, failed } = wanted;
  return now.version === version && now.tries === (failed ? 0 : tries) && now.failed === failed;
}

function isSameRequest(now: OneShot | null, wanted: OneShot | null): boolean {
  return now?.nonce === wanted?.nonce && now?.mode === wanted?.mode;
}
