import type { RemovedLeftOver } from '../flows/staging/left-overs.ts';

/** What interrupted commands had left, by what became of it; nothing where there was none. */
export function leftOverLines(leftOvers: readonly RemovedLeftOver[], dryRun: boolean): string[] {
  const gone = leftOvers.filter(({ problem }) => problem === null);
  const stays = leftOvers.filter(({ problem }) => problem !== null);
  return [...section(dryRun ? 'Would settle' : 'Settled', gone), ...section('Could not be settled', stays)];
}

function section(title: string, leftOvers: readonly RemovedLeftOver[]): string[] {
  const lines = leftOvers.map(({ what, detail, problem }) => {
    return `  ${what}: ${detail}${problem === null ? '' : `; ${problem}`}`;
  });
  return lines.length === 0 ? [] : [`${title} (${lines.length})`, ...lines];
}
