import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { runsInGuest } from './guest-tests.ts';
import { checkWords, withOwnNamespaces } from './own-namespaces.ts';
import { sideBySide } from './side-by-side.ts';

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
  /** After how long a file that has not ended is ended, and has failed. */
  readonly limitSeconds: number;
  readonly onStart?: (file: string) => void;
  readonly onEnd: (result: FileResult) => void;
};

/** Those that take longest, a minute or more where there is nothing else to do. */
export const longest: readonly string[] = [
  'test/store/interrupted.test.ts',
  'test/storage/overlay/backend.test.ts',
  'test/flows/transfer/cut.test.ts',
  'test/store/killed.test.ts',
  'test/crash/killed.test.ts',
  'test/fuzz/documents.test.ts',
  'test/fuzz/tar.test.ts',
  'test/flows/staging/init-machine.test.ts',
  'test/flows/staging/bind-volumes-at-boot.test.ts',
  'test/flows/staging/switch-version.test.ts',
];

/** Every test file that does not need a kernel of its own. The longest are first, so that the last ones end together. */
export function testFiles(): string[] {
  const files = globSync('test/**/*.test.ts').filter((file) => !runsInGuest(file));
  const isLong = (file: string): boolean => longest.includes(file);
  return [...files.filter(isLong), ...files.filter((file) => !isLong(file)).toSorted()];
}

/** The disks of a test file hold half a GiB at most, however large they are. In MiB. */
const diskMemory = 3072;
/** With less memory the disks of tests lie on a disk: guests run beside them, with more than a GiB each. In MiB. */
const enoughMemory = 8192;

/**
 * Runs test files side by side, each apart from the others (`withOwnNamespaces`), with the product of the build where they
 * start the program. Where there is memory their disks lie in it, as most of the time goes into waiting for the disk below
 * them. Throws where they cannot be apart.
 */
export async function runTestFiles(run: FileRun): Promise<void> {
  const place = mkdtempSync(join(tmpdir(), 'migrate-tests-'));
  const disks = join(place, 'disks');
  mkdirSync(disks);
  const inMemory = availableMebibytes() > enoughMemory;
  const start = withOwnNamespaces(inMemory ? { directory: disks, mebibytes: diskMemory } : null);
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

async function runFile(file: string, { start, tap, environment, pattern, limitSeconds }: Started): Promise<FileResult> {
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
    timeout: limitSeconds * 1000,
    killSignal: 'SIGKILL',
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
