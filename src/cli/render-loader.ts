import type { LoaderShown } from '../flows/loader/show-loader.ts';
import type { Console } from './console.ts';

/** What the loader decides by, a line each. */
export function renderLoaderState({ good, trial, once }: LoaderShown['state']): string {
  const onTrial =
    trial === null
      ? 'none'
      : `${trial.version}, ${trial.failed ? 'given up' : `${trial.tries} ${trial.tries === 1 ? 'start' : 'starts'} left`}`;
  const lines = [['Good', good ?? 'none'], ['On trial', onTrial], ...(once === null ? [] : [['Once', once.mode]])];
  return lines.map(([word = '', text]) => `${word.padEnd(8)} ${text}\n`).join('');
}

/** The loader and its state, as one document. */
export function loaderDocument({ record, state }: LoaderShown): object {
  return { schema: 'migrate.loader-state/1', loader: record, ...state };
}

/** What a person should know besides the result. */
export function sayNotes(console: Pick<Console, 'err'>, notes: readonly string[]): void {
  for (const note of notes) console.err(`migrate: note: ${note}\n`);
}
