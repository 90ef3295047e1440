import type { OnProgress, Progress } from '../flows/progress.ts';
import type { Console } from './console.ts';
import { grouped, inBytes } from './quantities.ts';

const verbs: Readonly<Record<Progress['phase'], string>> = {
  compare: 'Comparing',
  plan: 'Planning',
  prepare: 'Copying',
  replace: 'Replacing',
  verify: 'Verifying',
};

/** Progress on one line of the terminal that is written over; nothing where stderr is no terminal. */
export function progressLine(console: Console): { readonly onProgress: OnProgress; readonly clear: () => void } {
  if (!console.interactive) return { onProgress: () => undefined, clear: () => undefined };
  return {
    onProgress: (progress) => console.err(`\r\u001b[K${describe(progress)}`),
    clear: () => console.err('\r\u001b[K'),
  };
}

function describe({ phase, done, total, unit }: Progress): string {
  const amount = (count: number): string => (unit === 'bytes' ? inBytes(count) : grouped(count));
  return `${verbs[phase]} … ${amount(done)}${total === null ? '' : ` of ${amount(total)}`}${unit === 'entries' ? ' entries' : ''}`;
}
