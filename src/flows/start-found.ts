import { bytesOfText, textOrBytes } from '../domain/bytes.ts';
import { Failure } from '../domain/failure.ts';
import { jsonOrNull } from '../domain/json.ts';
import { isFields } from '../domain/volume-json.ts';
import type { System } from '../system/system.ts';
import { runDirectory } from './boot-records.ts';

export const startFoundFile = `${runDirectory}/start-found.json`;

const schema = 'migrate.start-found/1';

/** What bringing store and loader together has found of this start; each null where there is nothing to tell. */
export type StartFound = {
  /** Why the version on trial that runs could be started without end. */
  readonly uncounted: string | null;
  /** Why store and loader could not be brought together. */
  readonly unsettled: string | null;
};

/** Keeps it for as long as this system runs. */
export function writeStartFound(system: System, found: StartFound): void {
  system.writeFile(startFoundFile, bytesOfText(`${JSON.stringify({ schema, ...found })}\n`));
}

/** The same; null where it was not looked for yet. Throws Failure `start-found` for what is no such record. */
export function readStartFound(system: System): StartFound | null {
  if (!system.exists(startFoundFile)) return null;
  const document = jsonOrNull(textOrBytes(system.readFile(startFoundFile)));
  if (isFields(document) && document['schema'] === schema) {
    const { uncounted, unsettled } = document;
    if (isTextOrNull(uncounted) && isTextOrNull(unsettled)) return { uncounted, unsettled };
  }
  throw new Failure({
    code: 'start-found',
    kind: 'failed',
    message: `Cannot tell what was found of this start: ${startFoundFile} is not as migrate writes it`,
    advice: 'migrate loader reconcile writes it anew',
  });
}

/** Whether it says, or may say, that store and loader were not brought together at this start. */
export function isStartUnsettled(system: System): boolean {
  try {
    const found = readStartFound(system);
    return found !== null && found.unsettled !== null;
  } catch (error) {
    if (error instanceof Failure) return true;
    throw error;
  }
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
