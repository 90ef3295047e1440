import { writeFile } from 'node:fs/promises';

/** What a command in the guest came to. */
export type Answer = { readonly status: number; readonly output: string };

/** Answers by the command that was asked; null where the guest sent no whole report. */
export type Report = ReadonlyMap<string, Answer> | null;

const sector = 512;

/** Asked in every report, for the one who reads the result of a failure. */
export const standardQuestions: readonly string[] = [
  'cat /etc/os-release',
  'uname -r',
  'cat /proc/cmdline',
  'findmnt --list --output TARGET,SOURCE,FSTYPE,OPTIONS',
  'systemctl --failed --no-legend --plain',
  'cat /proc/modules',
  'cat /run/migrate/booted.json',
  'find /var/lib/migrate -ls',
  'journalctl --boot --output short-monotonic --no-pager --grep migrate',
];

/** Writes the disk "questions": a line of base64 for each command, filled with empty lines to whole sectors. */
export async function writeQuestions(file: string, commands: readonly string[]): Promise<void> {
  const text = commands.map((line) => `${Buffer.from(line).toString('base64')}\n`).join('');
  await writeFile(file, text.padEnd(Math.ceil((text.length + 1) / sector) * sector, '\n'));
}

/** Reads what guest/migrate-test-report sent. */
export function readReport(text: string, commands: readonly string[]): Report {
  const lines = text.split('\n');
  if (lines[commands.length] !== 'end') return null;
  return new Map(commands.map((line, index) => [line, answerOf(lines[index] ?? '')]));
}

function answerOf(line: string): Answer {
  const [status = '', output = ''] = line.split(' ');
  return { status: Number(status), output: Buffer.from(output, 'base64').toString() };
}
