import type { Argv, CommandModule } from 'yargs';
import { displayBytes } from '../../domain/bytes.ts';
import type { Plan } from '../../domain/plan.ts';
import { recordBootFailure } from '../../flows/boot-work.ts';
import { migrateAtBoot } from '../../flows/migrate-at-boot.ts';
import type { OnProgress, Progress } from '../../flows/progress.ts';
import { superviseBoot } from '../../flows/supervise-boot.ts';
import { type Console, exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { requireRoot } from '../options.ts';
import { countOf, inBytes } from '../quantities.ts';

function options(yargs: Argv) {
  return yargs
    .option('worker', { type: 'boolean', default: false, hidden: true, describe: 'do the work, supervised' })
    .example('$0 boot', 'what migrate.service runs in the initramfs when migrate.run is on the kernel command line')
    .epilogue(
      'Reads migrate.version=, migrate.old=, migrate.new= and migrate.base= from the kernel command line. Exit codes: 0 the boot goes on, with the new root or, after a failure, with the previous one; 1 only a reboot leads to the previous one.',
    );
}

/** `migrate boot`: the migration in the initramfs, supervised, with the fallback where it fails. */
export function bootCommand(context: Context): CommandModule<object, object> {
  return {
    command: 'boot',
    describe: 'in the initramfs: make the version that the kernel command line asks for',
    builder: options,
    handler: async (parsed) => {
      requireRoot(context.system, 'boot');
      const { worker } = parsed as Awaited<ReturnType<typeof options>['argv']>;
      if (worker) work(context);
      else await superviseWork(context);
    },
  };
}

async function superviseWork({ system, newRoots, console, finish }: Context): Promise<void> {
  const { next, reason } = await superviseBoot(system, newRoots);
  if (next === 'new-root') return;
  say(console, `failed: ${reason}`);
  say(
    console,
    next === 'reboot'
      ? 'the previous system has no modules for this kernel: rebooting into it'
      : 'going on with the previous system',
  );
  finish(next === 'reboot' ? exitCodes.failed : exitCodes.done);
}

function work({ system, newRoots, console }: Context): void {
  try {
    migrateAtBoot(system, newRoots, {
      onMessage: (message) => say(console, message),
      onPlan: (plan) => sayPlan(plan, console),
      onProgress: bootProgress(console, system.signOfProgress),
    });
  } catch (error) {
    recordBootFailure(system, error);
    throw error;
  }
}

function say(console: Console, message: string): void {
  console.out(`migrate: ${message}\n`);
}

/** Beyond this many, decisions are in the plan that the new root keeps; a serial console is slow. */
const spokenDecisions = 100;
const spokenKinds: ReadonlySet<string> = new Set(['merged', 'ours', 'deleted', 'theirs', 'hidden']);

function sayPlan({ decisions, items, summary, digest }: Plan, console: Console): void {
  const spoken = decisions.filter(({ decision }) => spokenKinds.has(decision));
  for (const { path, decision, reason } of spoken.slice(0, spokenDecisions))
    say(console, `${decision} ${displayBytes(path)}: ${reason}`);
  if (spoken.length > spokenDecisions)
    say(console, `and ${countOf(spoken.length - spokenDecisions, 'more decision')} in /var/lib/migrate/plan.json`);
  for (const { severity, title, detail } of items) say(console, `${severity}: ${title}: ${detail}`);
  say(console, `plan ${digest.slice(0, 16)}: ${countOf(summary.actions, 'action')}, ${inBytes(summary.bytes)}`);
}

/** A line for each phase, and for each tenth of what is copied. */
function bootProgress(console: Console, signOfProgress: () => void): OnProgress {
  let spoken = '';
  return (progress) => {
    signOfProgress();
    const line = describe(progress);
    if (line !== spoken) say(console, line);
    spoken = line;
  };
}

function describe({ phase, done, total }: Progress): string {
  if (phase !== 'prepare' || total === null || total === 0) return phase;
  return `copying, ${Math.floor((done / total) * 10) * 10} % of ${inBytes(total)}`;
}
