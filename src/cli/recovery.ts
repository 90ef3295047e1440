import type { ResetMode } from '../domain/reset.ts';
import type { ResetQuestion } from '../flows/recovery/reset-at-boot.ts';
import type { Consoles } from '../system/consoles.ts';
import { exitCodes } from './console.ts';
import type { Context } from './context.ts';
import { renderSize, whatStays } from './render-reset.ts';
import { reportError } from './report-error.ts';

/** How long a person may look at the question, and at what became of it. */
const answerSeconds = 5 * 60;
const readSeconds = 60;

/** What is typed for a reset; what destroys data has a word of its own. */
const words: Readonly<Record<ResetMode, string>> = { config: 'reset', system: 'reset', total: 'destroy' };

/**
 * A boot for a repair, at the consoles of the machine. Whatever comes of it, the machine restarts: the exit code is the one of
 * a failure, after which nothing of this boot goes on.
 */
export async function recover(context: Context): Promise<void> {
  const consoles = context.system.openConsoles();
  try {
    await quitSplash(context);
    await repair(context, consoles);
  } catch (error) {
    reportError(error, { ...context.console, interactive: false, err: consoles.show });
    consoles.ask('Enter restarts the machine, which it does by itself in a minute.\n', readSeconds);
  } finally {
    consoles.close();
  }
  context.finish(exitCodes.failed);
}

/** It would hide the question. Most machines have none. */
async function quitSplash({ system }: Context): Promise<void> {
  const options = { limitSeconds: 10, keptBytes: 0, signal: new AbortController().signal };
  await system.runLimited('plymouth', ['quit'], options);
}

async function repair(context: Context, consoles: Consoles): Promise<void> {
  const { readRecoveryRequest } = await import('../flows/recovery/read-recovery-request.ts');
  const { mode, store } = readRecoveryRequest(context.system);
  if (mode === 'shell') {
    const { leaveShell, prepareShell } = await import('../flows/recovery/shell-at-boot.ts');
    consoles.show('\nRecovery shell: wait for the network, at most three minutes.\n');
    const facts = await prepareShell(context.system, store);
    consoles.show(`${facts.map((fact) => `  ${fact}\n`).join('')}Leave it with exit: the machine restarts then.\n`);
    consoles.runShell();
    leaveShell(context.system);
    return;
  }
  consoles.show('\nRecovery: looking at what a reset would take away ...\n');
  const { resetAtBoot } = await import('../flows/recovery/reset-at-boot.ts');
  const done = await resetAtBoot(context.system, context, { mode, store }, { confirm: asker(consoles) });
  if (done === null) {
    consoles.show('\nNothing is changed. The machine restarts.\n');
    return;
  }
  for (const note of done.notes) consoles.show(`Note: ${note}\n`);
  consoles.show(`\nThe next start makes ${done.version.id}. The machine restarts.\n`);
}

function asker(consoles: Consoles): (question: ResetQuestion) => boolean {
  return (question) => {
    const isWanted = consoles.ask(renderQuestion(question), answerSeconds) === words[question.mode];
    if (isWanted) consoles.show('\nThe reset is being prepared; this may take a minute.\n');
    return isWanted;
  };
}

/** What a reset does, before it is asked for. */
export function renderQuestion({ mode, version, losses }: ResetQuestion): string {
  const { id, image } = version;
  const lost = losses.map((loss) => `    ${loss.name}, ${renderSize(loss)}\n`).join('');
  const volumes = lost === '' ? '' : `  ${mode === 'total' ? 'Destroyed are' : 'Begin anew'} the volumes\n${lost}`;
  return `
${titles[mode]}
  ${id}, made from the image ${image}: ${effects[mode]}
${volumes}  ${ways[mode]}
Type "${words[mode]}" and Enter for this. Anything else, or nothing for ${answerSeconds / 60} minutes, restarts the machine with nothing changed.
${words[mode]}? `;
}

const titles: Readonly<Record<ResetMode, string>> = {
  config: 'Reset of the settings (config)',
  system: 'Reset of the system, data is kept (system)',
  total: 'Reset of everything (total)',
};

const effects: Readonly<Record<ResetMode, string>> = {
  config: '/etc becomes what the image brings',
  system: 'the root becomes what the image brings',
  total: 'the root becomes what the image brings, and all else is destroyed',
};

const ways: Readonly<Record<ResetMode, string>> = {
  config: 'What there is now stays as a version: migrate reset --undo goes back to it',
  system: 'What there is now stays as a version: migrate reset --undo goes back to it',
  total: `There is no way back. ${whatStays}`,
};
