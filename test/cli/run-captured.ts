import type { Context } from '../../src/cli/context.ts';
import { runProgram } from '../../src/cli/program.ts';

/** How a run of the program ended. */
export type Ended = { readonly status: number; readonly stdout: string; readonly stderr: string };

/** Runs the program in this process, as a person would, without a loader and with nobody who answers. */
export async function runCaptured(
  words: readonly string[],
  parts: Pick<Context, 'system' | 'storeKinds'>,
): Promise<Ended> {
  let [stdout, stderr] = ['', ''];
  const status = await runProgram(words, '0', {
    ...{ ...parts, newRoots: [], changeSources: [], loaderKinds: [] },
    console: {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
      ...{ colored: false, interactive: false, ask: null },
    },
  });
  return { status, stdout, stderr };
}
