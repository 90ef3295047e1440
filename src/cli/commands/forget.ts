import type { Argv } from 'yargs';
import { bytesOfText } from '../../domain/bytes.ts';
import { forgetSubject } from '../../flows/edit-policy.ts';
import { subjectOf } from '../../flows/policy-subject.ts';
import { withRoot } from '../../flows/with-root.ts';
import type { CommandBody } from '../command-row.ts';
import { exitCodes } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, requireRoot, rootOption, subjectPositionals } from '../options.ts';
import { editDocument, renderEdit } from '../render-edit.ts';

function options(yargs: Argv) {
  return yargs
    .positional('kind', subjectPositionals.kind)
    .positional('name', subjectPositionals.name)
    .options({
      ...rootOption,
      ignore: { type: 'boolean', default: false, describe: 'leave it to the image whatever other rules say' },
      ...jsonOption,
    })
    .example('$0 forget file /usr/share/nginx/html/index.html', "take back what 'migrate persist file' said")
    .example('$0 forget file /etc/motd --ignore', "take the image's /etc/motd from now on");
}

/** `migrate forget`: takes the machine's own rules about a path or a package away. */
export function forgetCommand({ system, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'forget');
      const edit = withRoot(system, args.root, (root) =>
        forgetSubject({ system, root }, subjectOf(root, args.kind, bytesOfText(args.name)), { ignore: args.ignore }),
      );
      console.out(args.json ? `${JSON.stringify(editDocument(edit))}\n` : renderEdit(edit));
      finish(exitCodes.done);
    },
  };
}
