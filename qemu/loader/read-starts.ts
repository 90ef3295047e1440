import { parseKernelCommandLine } from '../../src/domain/kernel-command-line.ts';

/**
 * What the console says of each start: `v2 try`, with `reset=MODE:NONCE` where that was asked for and the other words of the
 * entry that begin with `+`. Initrds that are not those of the version are told.
 */
export function readStarts(console: string): string[] {
  const starts = [...console.matchAll(/STARTED (.*?)\r\nINITRD (.*?)\r\nFINISHED/gs)];
  return starts.map(([, line = '', initrds = '']) => describe(line, initrds.trim()));
}

function describe(line: string, initrds: string): string {
  const words = parseKernelCommandLine(line);
  const version = words.value('version') ?? '?';
  const reset = words.value('migrate.reset');
  const expected = `${version}:first ${version}:second`;
  const said = words.value('said');
  return [
    version,
    words.value('migrate.why') ?? 'without a reason',
    ...(reset === null ? [] : [`reset=${reset}:${words.value('migrate.nonce') ?? ''}`]),
    ...(said === null ? [] : [`said=${said}`]),
    ...(initrds === expected ? [] : [`with the initrds "${initrds}"`]),
  ].join(' ');
}
