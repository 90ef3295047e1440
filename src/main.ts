import { writeSync } from 'node:fs';
import { version } from './version.ts';

// Asked for at every build and by scripts: answered before yargs is loaded, which takes longer than node's own start.
if (process.argv.length === 3 && process.argv[2] === '--version') process.stdout.write(`${version}\n`);
else void start();

async function start(): Promise<void> {
  const { isSea } = await import('node:sea');
  const { realSystem } = await import('./system/real-system.ts');
  const { runProgram } = await import('./cli/program.ts');
  const { btrfsNewRoot } = await import('./storage/btrfs/new-root.ts');
  const { partitionNewRoot } = await import('./storage/partition/new-root.ts');
  const script = process.argv[1];
  const self: [string, ...string[]] = isSea() || script === undefined ? [process.execPath] : [process.execPath, script];
  process.exitCode = await runProgram(process.argv.slice(2), version, {
    system: realSystem(self),
    newRoots: [btrfsNewRoot, partitionNewRoot],
    console: {
      out: (text) => writeAll(1, text),
      err: (text) => writeAll(2, text),
      colored: process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined,
      interactive: process.stderr.isTTY === true,
    },
  });
}

/** Writes at once and whole: what the console shows last is what happened last, also when the process is killed. */
function writeAll(descriptor: 1 | 2, text: string): void {
  const bytes = Buffer.from(text);
  let written = 0;
  while (written < bytes.length) written += writeSync(descriptor, bytes, written);
}
