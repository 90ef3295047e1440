import type { Argv } from 'yargs';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';

function options(yargs: Argv) {
  return yargs.example('eval "$(migrate completion)"', 'complete migrate in this shell');
}

/**
 * `migrate completion`: a script for bash. yargs' own command of that name does not get on with a command that needs no
 * name, and asks for what it completes by `--get-yargs-completions`, which this script uses as well.
 */
export function completionCommand({ console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: () => {
      console.out(script);
      finish(exitCodes.done);
    },
  };
}

// Words are split at newlines, and where nothing of ours fits, names of files do.
const script = `_migrate() {
    local word=\${COMP_WORDS[COMP_CWORD]} words
    words=$(migrate --get-yargs-completions "\${COMP_WORDS[@]}")
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o bashdefault -o default -F _migrate migrate
`;
