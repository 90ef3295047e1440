import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { runsInGuest } from './guest-tests.ts';
import { checkWords, withMemoryAt, withOwnMounts } from './own-mounts.ts';
import { longestFirst, sideBySide } from './side-by-side.ts';

/** How a test file ended. `text` is for a person; `report` is TAP, and says of every failure. */
export type FileResult = {
  readonly file: string;
  readonly seconds: number;
  readonly text: string;
  readonly report: string;
};

/** How files are run; `environment` is added to the environment, and only tests whose names match `pattern` run. */
export type FileRun = {
  readonly files: readonly string[];
  readonly atOnce: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly pattern?: string;
  readonly onStart?: (file: string) => void;
  readonly onEnd: (result: FileResult) => void;
};

/** Those that take a minute or more where they have a processor for themselves. */
const longest: readonly string[] = [];

/** Every test file that does not need a kernel of its own, the longest first. */
export function testFiles(): string[] {
  const files = globSync('test/**/*.test.ts').filter((file) => !runsInGuest(file));
  return longestFirst(files.toSorted(), (file) => file, longest);
}

/** Disks of tests hold little, however large they are: the most of all tests is a third of this. In MiB. */
const diskMemory = 3072;

/**
 * Runs test files side by side, each in a process with mounts of its own, with the product of the build where they start
 * the program. Where there is memory their disks lie in it, as most of the time goes into waiting for the disk below them.
 * Throws where there can be no mounts of their own.
 */
export async function runTestFiles(run: FileRun): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'migrate-tests-'));
  const disks = join(place, 'disks');
  mkdirSync(disks);
  const inMemory = availableMebibytes() > diskMemory * (run.atOnce + 1);
  const start = inMemory ? withMemoryAt(disks, diskMemory) : withOwnMounts;
  const environment = {
    MIGRATE_PROGRAM: resolve('dist/migrate'),
    ...(inMemory ? { MIGRATE_DISKS: disks } : {}),
    ...run.environment,
  };
  try {
    checkWords(start);
    await sideBySide(run.files, run.atOnce, async (file) => {
      run.onStart?.(file);
      run.onEnd(
        await runFile(file, { ...run, environment, start, tap: join(place, `${file.replaceAll('/', '.')}.tap`) }),
      );
    });
  } finally {
    rmSync(place, { recursive: true });
  }
}

function availableMebibytes(): number {
  return Number(/^MemAvailable: +(\d+) kB$/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0) / 1024;
}

type Started = FileRun & { readonly start: readonly [string, ...string[]]; readonly tap: string };

async function runFile(file: string, { start, tap, environment, pattern }: Started): Promise<FileResult> {
  const [program, ...words] = start;
  const reporters = ['spec', 'stdout', 'tap', tap].map((value, index) =>
    index % 2 === 0 ? `--test-reporter=${value}` : `--test-reporter-destination=${value}`,
  );
  const patterns = pattern === undefined ? [] : [`--test-name-pattern=${pattern}`];
  const args = [...words, process.execPath, '--test', ...reporters, ...patterns, file];
  const begin = performance.now();
  const { all, exitCode, failed, shortMessage } = await execa(program, args, {
    reject: false,
    all: true,
    stdin: 'ignore',
    // With that of a test that runs this, node would take it for a part of that test.
    env: { ...environment, NODE_TEST_CONTEXT: undefined },
  });
  const seconds = (performance.now() - begin) / 1000;
  const report = existsSync(tap) ? readFileSync(tap, 'utf8') : '';
  const isWhole = saysHowItEnded(report, failed, pattern === undefined);
  const how = exitCode === undefined ? shortMessage : `exit status ${exitCode}`;
  return {
    file,
    seconds,
    text: withoutCounts(all),
    report: isWhole
      ? report
      : `${report}not ok 1 - ${file}: it ended with ${how}, and its report does not say so\n# tests 1\n# fail 1\n`,
  };
}

/** The counts of one file are of no interest: those of all are summed up. */
function withoutCounts(text: string): string {
  return text.replaceAll(/^ℹ (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) .*\n?/gm, '');
}

function saysHowItEnded(report: string, failed: boolean, needsTests: boolean): boolean {
  const isWhole = needsTests ? /^# tests [1-9]/m : /^# tests \d/m;
  return isWhole.test(report) && /^# (fail|cancelled) [1-9]/m.test(report) === failed;
}
