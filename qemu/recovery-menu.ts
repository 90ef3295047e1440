import { pick } from './loader/machines.ts';
import type { Boot, Expectations, Step } from './scenario.ts';

/** GRUB's menu is there. */
export const menu: Step = { wait: /executed automatically/ };

/** For `diskChanges`: under emulation a second is not enough to type in. */
export const slowMenu = "sed -i 's/^set timeout_style=menu$/&\\nset timeout=5/' boot/migrate/grub.cfg";

/** Entries of the Recovery menu by their places in it. */
const entries = { config: 0, system: 1, total: 2, shell: 3 } as const;

/** Goes down past so many versions to Recovery, and picks there. */
export function repair(versions: number, entry: keyof typeof entries): readonly Step[] {
  return [menu, { type: pick(versions) + pick(entries[entry]) }];
}

/** In the menu of systemd-boot, which has all entries one below the other: picks the one so many entries below the first. */
export function pickListed(down: number): readonly Step[] {
  return [{ wait: /Boot in \d+ s/ }, { type: `${'j'.repeat(down)}\r` }];
}

/** The same for a repair, which comes after so many versions. */
export function repairListed(versions: number, entry: keyof typeof entries): readonly Step[] {
  return pickListed(versions + entries[entry]);
}

/** Waits for the question, and answers. */
export const answer = (question: RegExp, word: string): readonly Step[] => [
  { wait: question, seconds: 400 },
  { wait: /(reset|destroy)\? / },
  { type: `${word}\r` },
];

export const isStaged: Step = { wait: /The next start makes bookworm\.\d+/, seconds: 400 };

/** What is typed in the shell of Recovery, and what must come of it. */
export const typedInShell = (command: string, shows: RegExp): readonly Step[] => [
  { wait: /recovery:[^ ]*# /, seconds: 400 },
  { type: `${command}\r` },
  { wait: shows },
];

/** Why the loader has made the last start. */
export const startedBy = (why: 'try' | 'stable'): Expectations => ({
  'grep --only-matching "migrate.why=[a-z]*" /proc/cmdline': `migrate.why=${why}`,
});

/** The trial of a reset that comes to be good. */
export const becomesGood: Expectations = {
  ...startedBy('try'),
  'systemctl start migrate-good.service; migrate status | head -n 1': /^Running +bookworm\.\d+, good since /,
  'migrate loader show | tail -n 1': 'On trial none',
  'migrate volume fsck': 'The ledger and the store agree',
};

/** A boot that begins in the menu. */
export function started(steps: readonly Step[], report: Expectations): Boot {
  return { entry: 'loader', ends: 'report', limitSeconds: 900, steps, report };
}
