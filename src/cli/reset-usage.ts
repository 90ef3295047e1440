import { Failure } from '../domain/failure.ts';
import type { ResetMode } from '../domain/reset.ts';

type Arguments = {
  readonly mode?: ResetMode | undefined;
  readonly keep?: readonly string[] | undefined;
  readonly to?: string | undefined;
  readonly preview: boolean;
  readonly cancel: boolean;
  readonly undo: boolean;
  readonly yes: boolean;
};

/** What is asked for: one of a mode, --cancel and --undo, with the options that go with it. Throws Failure `usage`. */
export function wantedReset({ mode, keep, to, preview, cancel, undo, yes }: Arguments): ResetMode | 'cancel' | 'undo' {
  const wanted = [...(mode === undefined ? [] : [mode]), ...(cancel ? ['--cancel'] : []), ...(undo ? ['--undo'] : [])];
  if (wanted.length === 0) throw usage('migrate reset needs config, system or total; or --cancel, or --undo');
  if (wanted.length > 1) throw usage(`${wanted.join(' and ')} mean different things: give one of them`);
  const others = { '--keep': keep !== undefined, '--to': to !== undefined, '--preview': preview, '--yes': yes };
  const [first] = Object.entries(others).flatMap(([name, given]) => (given ? [name] : []));
  if (mode === undefined && first !== undefined) throw usage(`${first} is for a new reset, and not for ${wanted[0]}`);
  return mode ?? (cancel ? 'cancel' : 'undo');
}

function usage(message: string): Failure {
  return new Failure({ code: 'usage', kind: 'input', message, advice: 'See migrate reset --help' });
}
