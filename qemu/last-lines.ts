import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const kept = 15;

/** What the console of a scenario's last boot showed at its end, for the one who reads of the failure. */
export async function lastLines(directory: string): Promise<string> {
  const logs = (await readdir(directory)).filter((name) => name.endsWith('.serial.log')).toSorted();
  const last = logs.at(-1);
  if (last === undefined) return '';
  const lines = withoutControls(await readFile(join(directory, last), 'utf8')).split('\n');
  const end = lines.filter((line) => line.trim() !== '').slice(-kept);
  return `the end of ${last}:\n${end.map((line) => `    ${line.trim()}\n`).join('')}`;
}

/** Without the sequences by which firmware and GRUB draw on a terminal. */
function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach the terminal
  return text.replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g, '');
}
