/** Says on standard error what the harness does, with the time of day, so that a long build can be followed. */
export function progress(text: string): void {
  process.stderr.write(`${new Date().toTimeString().slice(0, 8)} ${text}\n`);
}

/** Runs a task and says when it starts and how many seconds it took. */
export async function timed<Result>(title: string, task: () => Promise<Result>): Promise<Result> {
  progress(`${title} …`);
  const start = performance.now();
  const result = await task();
  progress(`${title}: ${seconds(start)} s`);
  return result;
}

/** Seconds since `start` (of performance.now) with one decimal. */
export function seconds(start: number): string {
  return ((performance.now() - start) / 1000).toFixed(1);
}
