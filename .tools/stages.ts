import { once } from 'node:events';
import { appendFileSync, createWriteStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { sideBySide } from './side-by-side.ts';

/** Where words for a person go. */
type Say = (text: string) => void;

export type Stage = {
  readonly name: string;
  /** Stages without whose success this one cannot say anything. */
  readonly needs: readonly string[];
  /** Writes what it does to the end of the file, and says whether all went well. */
  readonly run: (log: string) => Promise<boolean>;
  /** What it is at, for who waits. */
  readonly now?: () => string;
};

export type Outcome = { readonly name: string; readonly result: 'ok' | 'failed' | 'not run'; readonly seconds: number };

type Command = Pick<Stage, 'name' | 'needs'> & {
  readonly command: readonly [string, ...string[]];
  /** Added to the environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Words that start the command. */
  readonly within?: readonly string[];
};

/** A stage that runs a command to its end. */
export function commandStage({ name, needs, command, environment = {}, within = [] }: Command): Stage {
  const [file = '', ...words] = [...within, ...command];
  const run = async (log: string): Promise<boolean> => {
    appendFileSync(log, `${command.join(' ')}\n`);
    // One file for both, so that what is said stays in its order.
    const output = createWriteStream(log, { flags: 'a' });
    await once(output, 'open');
    const { failed, exitCode, shortMessage } = await execa(file, words, {
      reject: false,
      stdin: 'ignore',
      stdout: output,
      stderr: output,
      env: environment,
    });
    output.end();
    if (failed && exitCode === undefined) appendFileSync(log, `${shortMessage}\n`);
    return !failed;
  };
  return { name, needs, run };
}

/**
 * Runs the rounds one after the other and the stages of a round side by side, at most so many. What a stage says is kept
 * in `<directory>/<stage>.log` and told whole when it ends; meanwhile a line a minute tells what runs.
 */
export async function runRounds(
  rounds: readonly (readonly Stage[])[],
  { atOnce, directory, say }: { readonly atOnce: number; readonly directory: string; readonly say: Say },
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const running = new Map<Stage, number>();
  const beat = setInterval(() => say(whatRuns(running)), 60_000);
  for (const round of rounds) {
    await sideBySide(round, atOnce, async (stage) => {
      const isOk = (need: string): boolean => outcomes.some(({ name, result }) => name === need && result === 'ok');
      const missing = stage.needs.filter((need) => !isOk(need));
      running.set(stage, performance.now());
      outcomes.push(await (missing.length > 0 ? notRun(stage, missing, say) : runStage(stage, directory, say)));
      running.delete(stage);
    });
  }
  clearInterval(beat);
  return outcomes;
}

async function runStage(stage: Stage, directory: string, say: Say): Promise<Outcome> {
  const log = join(directory, `${stage.name}.log`);
  const start = performance.now();
  writeFileSync(log, '');
  const result = (await succeeds(stage, log)) ? 'ok' : 'failed';
  const seconds = Math.round((performance.now() - start) / 1000);
  say(`\n== ${stage.name}: ${result}, ${seconds} s\n${readFileSync(log, 'utf8').trimEnd()}`);
  return { name: stage.name, result, seconds };
}

/** A stage that throws has failed, and the others go on. */
async function succeeds(stage: Stage, log: string): Promise<boolean> {
  try {
    return await stage.run(log);
  } catch (error) {
    appendFileSync(log, `${error instanceof Error ? error.stack : String(error)}\n`);
    return false;
  }
}

function notRun(stage: Stage, missing: readonly string[], say: Say): Outcome {
  say(`\n== ${stage.name}: not run, it needs ${missing.join(' and ')}`);
  return { name: stage.name, result: 'not run', seconds: 0 };
}

function whatRuns(running: ReadonlyMap<Stage, number>): string {
  const time = new Date().toTimeString().slice(0, 8);
  const lines = [...running].map(([{ name, now }, since]) => {
    const minutes = ((performance.now() - since) / 60_000).toFixed(1);
    return `${name} for ${minutes} min${now === undefined ? '' : ` (${now()})`}`;
  });
  return `-- ${time} running: ${lines.join('; ')}`;
}
