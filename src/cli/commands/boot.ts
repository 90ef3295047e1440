import type { Argv } from 'yargs';
import { displayBytes } from '../../domain/bytes.ts';
import { Failure } from '../../domain/failure.ts';
import { isInitramfs } from '../../domain/initramfs.ts';
import type { Plan } from '../../domain/plan.ts';
import { recordBootFailure } from '../../flows/boot-records.ts';
import type { OnProgress, Progress } from '../../flows/progress.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { requireRoot } from '../options.ts';
import { countOf, inBytes } from '../quantities.ts';

function options(yargs: Argv) {
  return yargs
    .option('log', {
      choices: ['console', 'kernel'],
      default: 'console',
      describe:
        'where to say what happens: console; or kernel, the log of the kernel too, where no journal keeps the console',
    } as const)
    .option('worker', { type: 'boolean', default: false, hidden: true, describe: 'do the work, supervised' })
    .option('fall-back', { type: 'boolean', default: false, hidden: true, describe: 'fall back from it, supervised' })
    .example('$0 boot', 'what migrate.service runs in the initramfs when migrate.run is on the kernel command line')
    .epilogue(
      [
        'Reads migrate.version=, migrate.old=, migrate.new= and migrate.base= from the kernel command line;',
        'migrate.base=none, or none at all, where the old image is gone.',
        'migrate.recovery=config, system, total or shell: a repair, for which a word is typed at the console.',
        'Exit codes: 0 the boot goes on, with the new root or, after a failure, with the previous one;',
        '1 only a reboot leads to the previous one, as after every repair.',
      ].join('\n'),
    );
}

/** `migrate boot`: the migration in the initramfs, supervised, with the fallback where it fails. */
export function bootCommand(context: Context): CommandBody {
  return {
    builder: options,
    handler: async (parsed) => {
      requireRoot(context.system, 'boot');
      requireInitramfs(context);
      const { asksForRecovery } = await import('../../flows/recovery/read-recovery-request.ts');
      if (asksForRecovery(context.system)) {
        const { recover } = await import('../recovery.ts');
        await recover(context);
        return;
      }
      const { worker, fallBack, log } = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const say = speaker(context, log);
      if (worker) await work(context, say);
      else if (fallBack) await fallBackFromWork(context);
      else await superviseWork(context, log, say);
    },
  };
}

/** Outside, the roots that it would mount and change are those that run. */
function requireInitramfs({ system }: Context): void {
  if (isInitramfs(system)) return;
  throw new Failure({
    code: 'not-initramfs',
    kind: 'input',
    message: 'Cannot run migrate boot: this is a running system, not an initramfs',
    advice: 'To see what a migration would do or has done, use migrate --dry-run',
  });
}

type Say = (message: string) => void;

function speaker({ system, console }: Context, log: 'console' | 'kernel'): Say {
  return (message) => {
    console.out(`migrate: ${message}\n`);
    if (log === 'kernel') system.logToKernel(`migrate: ${message}`);
  };
}

async function fallBackFromWork({ system, newRoots, storeKinds, loaderKinds }: Context): Promise<void> {
  const { fallBackFromWorker } = await import('../../flows/supervise-boot.ts');
  await fallBackFromWorker(system, { newRoots, storeKinds, loaderKinds });
}

async function superviseWork({ system, finish }: Context, log: string, say: Say): Promise<void> {
  const { superviseBoot } = await import('../../flows/supervise-boot.ts');
  const { next, reason } = await superviseBoot(system, ['--log', log]);
  if (next === 'new-root') return;
  say(`failed: ${reason}`);
  say(goesOn[next]);
  finish(next === 'previous-root' || next === 'previous-for-now' ? exitCodes.done : exitCodes.failed);
}

const goesOn = {
  'previous-root': 'going on with the previous system',
  reboot: 'the previous system has no modules for this kernel, or cannot be reached: rebooting into it',
  'previous-for-now':
    'whether an earlier boot has made this version still cannot be told: going on with the previous system for now, with the version left as it is',
  'start-anew': 'whether an earlier boot has made this version cannot be told: rebooting, with nothing changed',
  'start-good':
    'whether an earlier boot has made this version cannot be told, start after start: rebooting into the good version where the loader can be told so, with nothing else changed',
};

async function work(context: Context, say: Say): Promise<void> {
  const { system } = context;
  const { migrateAtBoot } = await import('../../flows/migrate-at-boot.ts');
  try {
    await migrateAtBoot(system, context, {
      onMessage: say,
      onPlan: (plan) => sayPlan(plan, say),
      onProgress: bootProgress(say, system.signOfProgress),
    });
  } catch (error) {
    recordBootFailure(system, error);
    throw error;
  }
}

/** Beyond this many, decisions are in the plan that the new root keeps; a serial console is slow. */
const spokenDecisions = 100;
const spokenKinds: ReadonlySet<string> = new Set(['merged', 'ours', 'deleted', 'theirs', 'hidden']);

function sayPlan({ decisions, items, summary, digest }: Plan, say: Say): void {
  const spoken = decisions.filter(({ decision }) => spokenKinds.has(decision));
  for (const { path, decision, reason } of spoken.slice(0, spokenDecisions))
    say(`${decision} ${displayBytes(path)}: ${reason}`);
  if (spoken.length > spokenDecisions)
    say(`and ${countOf(spoken.length - spokenDecisions, 'more decision')} in /var/lib/migrate/plan.json`);
  for (const { severity, title, detail } of items) say(`${severity}: ${title}: ${detail}`);
  say(`plan ${digest.slice(0, 16)}: ${countOf(summary.actions, 'action')}, ${inBytes(summary.bytes)}`);
}

/** A line for each phase, and for each tenth of what is copied. */
function bootProgress(say: Say, signOfProgress: () => void): OnProgress {
  let spoken = '';
  return (progress) => {
    signOfProgress();
    const line = describe(progress);
    if (line !== spoken) say(line);
    spoken = line;
  };
}

function describe({ phase, done, total }: Progress): string {
  if (phase !== 'prepare' || total === null || total === 0) return phase;
  return `copying, ${Math.floor((done / total) * 10) * 10} % of ${inBytes(total)}`;
}
