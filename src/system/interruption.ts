import { Failure } from '../domain/failure.ts';

const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs something long with a signal that is aborted by SIGINT, SIGTERM or SIGHUP, so that it can clear up; its reason is
 * Failure `interrupted`. Further ones change nothing until it has.
 */
export async function interruptible<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const controller = new AbortController();
  const interrupt = (name: string): void => {
    controller.abort(new Failure({ code: 'interrupted', kind: 'failed', message: `Interrupted by ${name}` }));
  };
  for (const name of interruptions) process.on(name, interrupt);
  try {
    return await run(controller.signal);
  } finally {
    // Not before: whoever else listens, to end child processes, takes the last listener's leaving for an end.
    for (const name of interruptions) process.off(name, interrupt);
  }
}
