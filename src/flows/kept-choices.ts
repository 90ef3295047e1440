import { writeWhole } from '../apply/run-folder.ts';
import { bytesOfText, displayBytes, textOrBytes } from '../domain/bytes.ts';
import { type Choices, choicesToJson, noChoices, parseChoices } from '../domain/choices.ts';
import { Failure } from '../domain/failure.ts';
import { ancestorsOf, parentOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { makeFolder } from './leave-report.ts';

const choicesFile: RootPath = '/var/lib/migrate/choices.json';

/**
 * The answers that an old system keeps for its migration; none where the file is not there. Throws Failure
 * `choices-unreadable` where something else stands in its place, or on the way: answers must not be missed without a word.
 */
export function keptChoices(old: Files): Choices {
  for (const path of [...ancestorsOf(choicesFile), choicesFile]) {
    const status = old.status(path);
    if (status === null) return noChoices;
    const wanted = path === choicesFile ? 'file' : 'directory';
    if (status.type !== wanted) throw unreadable(old, path, `it is a ${status.type}, not a ${wanted}`);
  }
  return parseChoices(textOrBytes(old.read(choicesFile)), choicesFile);
}

/** Adds answers to those that an old system keeps, for the boot that makes its next version; durable. */
export function keepChoices(old: Files, choices: Choices): void {
  const all = new Map([...keptChoices(old), ...choices]);
  makeFolder(old, parentOf(choicesFile));
  writeWhole(old, choicesFile, bytesOfText(choicesToJson(all)));
  old.syncFilesystem();
}

function unreadable(old: Files, path: RootPath, why: string): Failure {
  const place = old.root === '/' ? path : `${old.root}${path}`;
  return new Failure({
    code: 'choices-unreadable',
    kind: 'input',
    message: `Cannot read the choices of the old system: ${displayBytes(place)}: ${why}`,
    advice: `Make ${choicesFile} of the old system a file below real directories, or remove it`,
  });
}
