import { displayBytes, textOrBytes } from '../../domain/bytes.ts';
import type { Files } from '../../system/files.ts';
import type { System } from '../../system/system.ts';
import { type LoaderProblem, notWritableKey } from '../loader.ts';
import { startReason } from '../start-reason.ts';
import { saysCounted, variablePath } from './counted-start.ts';
import { listEntries } from './entries.ts';
import { isStartable } from './menu.ts';
import { readState } from './state.ts';
import { whyNotWritable } from './writable-by-firmware.ts';

const setAnew = 'Set the loader anew: migrate loader set';
const little = 64 * 2 ** 20;
const tooLittle = 2 ** 20;
/** What `bootctl set-default` writes. */
const chosenDefault = variablePath('LoaderEntryDefault');

/** What makes a trial or a reset by systemd-boot unsafe. `files` is the top of the filesystem. */
export function problemsOf(system: System, files: Files): readonly LoaderProblem[] {
  const why = whyNotWritable(system, files);
  return [
    ...(why === null ? [] : [notWritable(why)]),
    ...entryProblems(files),
    ...defaultProblems(system, files),
    ...spaceProblems(files),
    ...startProblems(system),
  ];
}

function notWritable(why: string): LoaderProblem {
  const message = `systemd-boot cannot count starts there: ${why}`;
  const advice = 'Keep the directory on the EFI system partition, mounted writable';
  return { key: notWritableKey, blocksTrial: true, message, advice };
}

function entryProblems(files: Files): LoaderProblem[] {
  const damaged = listEntries(files)
    .filter(({ path }) => !isStartable(files.read(path)))
    .map(({ path }) => ({
      key: 'entry-damaged',
      blocksTrial: false,
      message: `systemd-boot leaves out ${displayBytes(path)}: it is damaged`,
      advice: 'Have it written anew: migrate loader update',
    }));
  if (readState(files).good !== null) return damaged;
  const message = 'systemd-boot has no entry of a good version';
  return [...damaged, { key: 'menu-lacks-good', blocksTrial: true, message, advice: setAnew }];
}

/** Another default goes before every trial, and after the last one nothing would start the good version. */
function defaultProblems(system: System, files: Files): LoaderProblem[] {
  const path = '/loader/loader.conf';
  const configured =
    files.status(path)?.type === 'file' ? /^\s*default\s+(\S+)/m.exec(files.read(path))?.[1] : undefined;
  const where = configured === undefined ? null : `loader.conf says "default ${textOrBytes(configured)}"`;
  const found = where ?? (system.exists(chosenDefault) ? 'bootctl set-default has chosen an entry' : null);
  if (found === null) return [];
  const message = `systemd-boot starts what it was told to, and no trial: ${found}`;
  const advice = "Take the line out, or run bootctl set-default ''";
  return [{ key: 'other-default', blocksTrial: true, message, advice }];
}

function spaceProblems(files: Files): LoaderProblem[] {
  const { bytes } = files.space();
  if (bytes >= little) return [];
  return [
    {
      key: 'filesystem-nearly-full',
      blocksTrial: bytes < tooLittle,
      message: `The filesystem that systemd-boot reads has room for ${Math.floor(bytes / 2 ** 20)} MiB only`,
      advice: 'Remove versions with migrate prune, or kernels that are of no version',
    },
  ];
}

/** systemd-boot goes on where it cannot rename an entry, and then names none that it has counted. */
function startProblems(system: System): LoaderProblem[] {
  if (startReason(system) !== 'try' || saysCounted(system)) return [];
  const message = 'systemd-boot has started a version on trial and counted nothing';
  const advice = 'Check the EFI system partition: fsck.vfat';
  return [{ key: 'start-not-counted', blocksTrial: true, message, advice }];
}
