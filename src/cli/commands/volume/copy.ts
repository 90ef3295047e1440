import type { Argv } from 'yargs';
import type { ObjectKind } from '../../../domain/volume.ts';
import type { CommandBody } from '../../command-row.ts';
import { exitCodes } from '../../console.ts';
import type { Context } from '../../context.ts';
import { jsonOption, storeOption } from '../../options.ts';
import { printResult, storeRequest } from '../../store-request.ts';

type CopyCommand = {
  readonly kind: ObjectKind;
  readonly name: string;
  readonly examples: readonly (readonly [string, string])[];
};

const branch: CopyCommand = {
  kind: 'branch',
  name: 'VOLUME/BRANCH, the new one',
  examples: [
    ['$0 volume branch db/try monday@db', 'go on from a tag'],
    ['$0 volume branch db/try db/main', 'go on from what another branch holds now'],
  ],
};
const tag: CopyCommand = {
  kind: 'tag',
  name: 'TAG@VOLUME, the new one',
  examples: [['$0 volume tag monday@db db/main', 'what db/main holds now, for good']],
};

function optionsOf({ name, examples }: CopyCommand) {
  return (yargs: Argv) => {
    const given = yargs
      .positional('name', { type: 'string', demandOption: true, describe: name })
      .positional('from', { type: 'string', demandOption: true, describe: 'the branch or tag whose content it gets' })
      .options({
        'without-nested': {
          type: 'boolean',
          default: false,
          describe: 'leave out what lies in other filesystems and subvolumes inside',
        },
        ...storeOption,
        ...jsonOption,
      });
    return examples.reduce((all, [line, what]) => all.example(line, what), given);
  };
}

/** `migrate volume branch`. */
export function branchCommand(context: Context): CommandBody {
  return copyCommand(context, branch);
}

/** `migrate volume tag`. */
export function tagCommand(context: Context): CommandBody {
  return copyCommand(context, tag);
}

function copyCommand(context: Context, command: CopyCommand): CommandBody {
  const { system, console, finish } = context;
  const { kind } = command;
  const builder = optionsOf(command);
  return {
    builder,
    handler: async (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof builder>['argv']>;
      const store = storeRequest(context, args, `volume ${kind}`);
      const { copyObject } = await import('../../../flows/volumes/copy-object.ts');
      const withoutNested = args['without-nested'];
      const { name, from, object } = await copyObject(system, {
        ...store,
        ...{ kind, name: args.name, from: args.from, withoutNested },
      });
      const { without } = object.notes;
      printResult(console, args, {
        document: { schema: 'migrate.volume-copied/1', kind, name, from, uuid: object.uuid, notes: object.notes },
        text: `Made the ${kind} ${name} of ${from}${without === undefined ? '' : `, without ${without}`}\n`,
      });
      finish(exitCodes.done);
    },
  };
}
