import { Failure } from './failure.ts';

export const choicesSchema = 'migrate.choices/1';

/** An answer to one item; it holds only for the facts of its fingerprint. */
export type Choice = { readonly fingerprint: string; readonly resolution: string };

/** Answers by the key of their item. */
export type Choices = ReadonlyMap<string, Choice>;

export const noChoices: Choices = new Map();

/** Reads `{"schema": "migrate.choices/1", "choices": {"<key>": {"fingerprint", "resolution"}}}`. `file` is for the message. */
export function parseChoices(text: string, file: string): Choices {
  const document = parseJson(text, file);
  if (!isRecord(document) || document['schema'] !== choicesSchema || !isRecord(document['choices'])) {
    throw badChoices(file, `it is not a "${choicesSchema}" document`);
  }
  const choices = new Map<string, Choice>();
  for (const [key, value] of Object.entries(document['choices'])) {
    if (!isRecord(value) || typeof value['fingerprint'] !== 'string' || typeof value['resolution'] !== 'string') {
      throw badChoices(file, `the choice for "${key}" lacks a fingerprint or a resolution`);
    }
    choices.set(key, { fingerprint: value['fingerprint'], resolution: value['resolution'] });
  }
  return choices;
}

/** The document that `parseChoices` reads. */
export function choicesToJson(choices: Choices): string {
  return `${JSON.stringify({ schema: choicesSchema, choices: Object.fromEntries(choices) }, null, 2)}\n`;
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badChoices(file, error instanceof Error ? error.message : String(error));
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function badChoices(file: string, reason: string): Failure {
  return new Failure({
    code: 'choices-syntax',
    kind: 'input',
    message: `Cannot read choices from ${file}: ${reason}`,
    advice: `Write {"schema":"${choicesSchema}","choices":{"KEY":{"fingerprint":"…","resolution":"…"}}} with the keys that the plan shows`,
  });
}
