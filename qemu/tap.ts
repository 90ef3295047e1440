/** What a run of `node --test` said with the reporter `tap`. */
export type TapResult = {
  readonly passed: number;
  /** What is wrong with it, one text each; empty where every test ran and passed. */
  readonly failures: readonly string[];
};

/** Reads a whole report; one without its closing lines, without a passed test or with tests left out is a failure. */
export function readTap(text: string): TapResult {
  const counts = new Map(
    [...text.matchAll(/^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$/gm)].map((match) => [
      match[1],
      Number(match[2]),
    ]),
  );
  const passed = counts.get('pass') ?? 0;
  const failed = [...text.matchAll(/^ *not ok \d+ - .*$/gm)].map(([line]) => line.trim());
  const others = ['fail', 'cancelled', 'skipped', 'todo'].filter((name) => counts.get(name) !== 0);
  return {
    passed,
    failures: [
      ...failed,
      ...others.map((name) => `the report says "${name} ${counts.get(name) ?? 'nothing'}"`),
      ...(passed === 0 || passed !== counts.get('tests')
        ? [`${passed} of ${counts.get('tests') ?? 'no'} tests passed`]
        : []),
    ],
  };
}
