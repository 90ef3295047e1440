import { isatty } from 'node:tty';

/** Whether stdout is a terminal that shows colours, which `NO_COLOR` and `TERM=dumb` deny (no-color.org). */
export function showsColors(): boolean {
  return isatty(1) && (process.env['NO_COLOR'] ?? '') === '' && process.env['TERM'] !== 'dumb';
}

/** Whether stderr is a terminal, so that a line may be written over. */
export function isInteractive(): boolean {
  return isatty(2);
}
