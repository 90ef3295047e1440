import { Failure } from '../domain/failure.ts';
import type { ResetMode } from '../domain/reset.ts';
import type { Loss } from '../domain/reset-states.ts';
import type { Console } from './console.ts';
import { inBytes } from './quantities.ts';

/** The volumes that a reset begins anew, by name and size; nothing where it leaves all of them. */
export function renderLosses(mode: ResetMode, losses: readonly Loss[]): string {
  if (losses.length === 0) return '';
  const head = mode === 'total' ? 'Destroyed are the volumes' : 'Volumes that begin anew';
  return `${head}: ${losses.map((loss) => `${loss.name} (${renderSize(loss)})`).join(', ')}\n`;
}

/** How much of a volume goes. */
export function renderSize({ bytes, isLeast }: Loss): string {
  return isLeast === true ? `at least ${inBytes(bytes)}` : inBytes(bytes);
}

/** What a total reset leaves: some of it may be as secret as what it destroys. */
export const whatStays = 'Other filesystems stay, and on btrfs subvolumes that are not of the store';

/** What a person has to know of a total reset where it is not known what starts the machine; its entries lead to roots that are gone. */
export const unknownLoader =
  'Which loader starts this machine is not known: have it start the new version with what migrate entry prints.\n' +
  'What it starts now is destroyed. Where the store lies in the first root itself, as on ext4, /boot stays, with the keys\n' +
  'that an initramfs there may hold';

const effects: Readonly<Record<ResetMode, string>> = {
  config: '/etc becomes what the image brings, but for what is kept. What there is now stays: --undo goes back to it',
  system:
    'The root becomes what the image brings, but for what is kept. What there is now stays: --undo goes back to it',
  total:
    'The root becomes what the image brings, but for what is kept. All else is destroyed, and there is no way back.\n' +
    whatStays,
};

/**
 * Whether the person at the terminal wants the reset; what destroys data takes a word that nobody types by habit. Throws
 * Failure `not-confirmed` where nobody is there to be asked (case 114).
 */
export function isConfirmed({ ask }: Pick<Console, 'ask'>, mode: ResetMode, losses: readonly Loss[]): boolean {
  if (ask === null) throw notConfirmed(mode);
  const text = `${effects[mode]}\n${renderLosses(mode, losses)}`;
  if (mode === 'total') return ask(`${text}Type "destroy" for this: `).trim() === 'destroy';
  return /^y(es)?$/i.test(ask(`${text}Have the next boot do this? [y/N] `).trim());
}

function notConfirmed(mode: ResetMode): Failure {
  return new Failure({
    code: 'not-confirmed',
    kind: 'input',
    message: `Cannot ask whether the reset (${mode}) is wanted: standard input is no terminal`,
    advice: 'Say that it is with --yes; --preview shows what it would do',
  });
}
