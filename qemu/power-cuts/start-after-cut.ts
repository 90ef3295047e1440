import { readFile } from 'node:fs/promises';
import { kernelBroke } from '../boot.ts';
import type { Emulator } from '../emulator.ts';
import { startMachine } from '../machine.ts';
import { type Report, readReport, writeQuestions } from '../question.ts';
import { oldVersion } from './cut-machine.ts';
import type { Cut } from './draw-cuts.ts';
import { type Answers, wrongAnswers, wrongVersion } from './judge.ts';
import { damageOf, type Oracles } from './oracles.ts';
import type { Recording } from './recording.ts';

/** What came after a cut. */
export type Verdict = {
  readonly cut: Cut;
  /** The version that came up; null where none did. */
  readonly booted: string | null;
  /** What the loader said of that start: `stable`, `try`, `fallback`, `env-readonly`. */
  readonly why: string | null;
  /** How many kernels were started until then. */
  readonly starts: number;
  readonly seconds: number;
  readonly failures: readonly string[];
  /** Under emulation that is the emulator more often than the kernel. */
  readonly kernelBroke: boolean;
};

/** A version on trial is to become good after all. */
const settle = 'if grep --quiet migrate.why=try /proc/cmdline; then systemctl start migrate-good.service; fi';
/** What was begun when the power went may lie there, known and in nobody's way, until it is collected; then nothing may. */
const examine = `
migrate volume fsck > /run/store-fsck 2>&1
grep --invert-match '^notice .* has left it: ' /run/store-fsck
if grep --quiet '^notice .* has left it: ' /run/store-fsck; then migrate volume fsck --repair > /dev/null; migrate volume fsck; fi
`;
const questions = {
  why: 'grep --only-matching "migrate.why=[a-z-]*" /proc/cmdline',
  status: `${settle}; migrate status | head -n 1`,
  fsck: examine,
  doctor: 'migrate doctor',
  failed: 'systemctl --failed --no-legend --plain',
} as const;

/** Where a machine stops that does not come up by itself: GRUB's own prompt, or an emergency shell. */
const prompt = /grub(?: rescue)?> |for maintenance|Cannot open access to console/;

/** Both tries and the start of the version before, on a busy machine. */
const limitSeconds = 1200;

/** What a cut is judged by, and the disk that it has left. */
export type Settings = {
  readonly recording: Recording;
  readonly oracles: Promise<Oracles>;
  readonly emulator: Emulator;
  readonly disk: string;
  /** Of the file that keeps what the console shows. */
  readonly serialLog: string;
};

/** Switches the machine on again after a cut, until a system has come up and gone off; then looks at its disk. */
export async function startAfterCut(cut: Cut, settings: Settings): Promise<Verdict> {
  const { recording, oracles, emulator, disk, serialLog } = settings;
  const begin = performance.now();
  const [questionFile, reportFile] = [`${disk}.questions`, `${disk}.answers`];
  await writeQuestions(questionFile, Object.values(questions));
  const disks = [
    { name: 'disk', file: disk },
    { name: 'questions', file: questionFile },
  ];
  const machine = await startMachine({ emulator, disks, restarts: true, serialLog, reportFile });
  const waits = machine.shows(prompt, limitSeconds).then((shown) => {
    if (shown) machine.cutPower();
    return shown;
  });
  const isOff = await machine.off(limitSeconds);
  const report = readReport(await readFile(reportFile, 'latin1'), Object.values(questions));
  const answers = answersOf(report);
  const booted = /^Running +(\S+), /.exec(answers.status)?.[1] ?? null;
  const failures = [
    ...(isOff ? [] : ['the machine was still on at the time limit']),
    ...((await waits) ? [`it waited for somebody: ${machine.lastShown}`] : []),
  ];
  if (report === null) failures.push('no system came up');
  else {
    failures.push(...wrongAnswers(answers), ...wrongVersion(cut, { booted, why: whyOf(answers) }, recording));
    const versions = [...new Set([oldVersion, booted])].filter((version) => version !== null);
    failures.push(...(await damageOf(disk, versions, await oracles)));
  }
  return {
    ...{ cut, booted, failures, why: whyOf(answers) },
    starts: machine.console.match(/Linux version /g)?.length ?? 0,
    kernelBroke: kernelBroke.test(machine.console),
    seconds: Math.round((performance.now() - begin) / 1000),
  };
}

function answersOf(report: Report): Answers {
  const answer = (question: string): string => report?.get(question)?.output.trim() ?? '';
  return {
    ...{ why: answer(questions.why), status: answer(questions.status), fsck: answer(questions.fsck) },
    ...{ doctor: answer(questions.doctor), failed: answer(questions.failed) },
  };
}

function whyOf({ why }: Answers): string | null {
  return /=(.*)$/.exec(why)?.[1] ?? null;
}
