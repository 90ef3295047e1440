import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from './scenario.ts';

/** All scenarios of scenarios/, by their names. */
export async function loadScenarios(): Promise<readonly Scenario[]> {
  const directory = join(import.meta.dirname, 'scenarios');
  const files = (await readdir(directory)).filter((name) => name.endsWith('.ts')).toSorted();
  return Promise.all(files.map((name) => loadScenario(join(directory, name))));
}

/** A file of scenarios/ exports one, as `scenario`. */
async function loadScenario(file: string): Promise<Scenario> {
  const loaded: { readonly scenario?: Scenario } = await import(file);
  if (loaded.scenario === undefined) throw new Error(`${file} exports no "scenario"`);
  return loaded.scenario;
}
