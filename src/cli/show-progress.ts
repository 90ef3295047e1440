import type { OnProgress, Progress } from '../flows/progress.ts';
import type { Console } from './console.ts';
import { grouped, inBytes } from './quantities.ts';

const verbs: Readonly<Record<Progress['phase'], string>> = {
  compare: 'Comparing',
  plan: 'Planning',
  measure: 'Measuring',
  prepare: 'Copying',
  replace: 'Replacing',
  verify: 'Verifying',
  send: 'Sending',
  receive: 'Receiving',
};

/** Between two looks of a person at what comes in many small pieces. */
const glance = 100;

/** Progress on one line of the terminal that is written over; nothing where stderr is no terminal. */
export function progressLine(console: Console): { readonly onProgress: OnProgress; readonly clear: () => void } {
  if (!console.interactive) return { onProgress: () => undefined, clear: () => undefined };
  let travel: { readonly phase: Progress['phase']; readonly began: number; shown: number } | null = null;
  return {
    onProgress: (progress) => {
      const { phase } = progress;
      if (phase !== 'send' && phase !== 'receive') {
        console.err(`\r\u001b[K${describe(progress)}`);
        return;
      }
      const now = performance.now();
      if (travel?.phase !== phase) travel = { phase, began: now, shown: now - glance };
      if (now - travel.shown < glance) return;
      travel.shown = now;
      console.err(`\r\u001b[K${describe(progress)}${rateOf(progress, now - travel.began)}`);
    },
    clear: () => console.err('\r\u001b[K'),
  };
}

function rateOf({ done }: Progress, milliseconds: number): string {
  return milliseconds < 1000 ? '' : `, ${inBytes(Math.round((done * 1000) / milliseconds))}/s`;
}

function describe({ phase, done, total, unit }: Progress): string {
  const amount = (count: number): string => (unit === 'bytes' ? inBytes(count) : grouped(count));
  return `${verbs[phase]} … ${amount(done)}${total === null ? '' : ` of ${amount(total)}`}${unit === 'entries' ? ' entries' : ''}`;
}
