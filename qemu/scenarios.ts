import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnyScenario } from './play.ts';

/** All scenarios of scenarios/, by their names. */
export async function loadScenarios(): Promise<readonly AnyScenario[]> {
  const directory = join(import.meta.dirname, 'scenarios');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.ts')).toSorted();
  return Promise.all(files.map((name) => loadScenario(join(directory, name))));
}

/** A file of scenarios/ exports one, as `scenario`. */
async function loadScenario(file: string): Promise<AnyScenario> {
  const loaded: { readonly scenario?: AnyScenario } = await import(file);
  if (loaded.scenario === undefined) throw new Error(`${file} exports no "scenario"`);
  return loaded.scenario;
}
