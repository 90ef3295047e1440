import type { Argv } from 'yargs';
import { bytesOfText, bytesToJson, displayBytes } from '../../domain/bytes.ts';
import type { Explanation } from '../../domain/policy.ts';
import { renamedPath } from '../../domain/rename.ts';
import { placeOf } from '../../domain/rule-place.ts';
import { explainRule } from '../../flows/explain-rule.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, policyFilesOf, policyOption, rootOption } from '../options.ts';
import { ruleText } from '../rule-text.ts';

function options(yargs: Argv) {
  return yargs
    .positional('path', { type: 'string', demandOption: true, describe: 'the path in question, absolute' })
    .options({
      ...rootOption,
      old: { type: 'string', requiresArg: true, describe: "the old system, for the machine's own policy; else --root" },
      new: { type: 'string', requiresArg: true, describe: "the new image, for the image's policy; else --root" },
      ...policyOption,
      ...jsonOption,
    })
    .example('$0 explain /etc/ssh/sshd_config', 'which rule decides, from which file and line');
}

/** `migrate explain`: which rule decides about a path. */
export function explainCommand({ system, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { root, old = root, new: image = root } = args;
      const explanation = explainRule(system, {
        path: bytesOfText(args.path),
        old,
        new: image,
        policyFiles: policyFilesOf(system, args.policy),
      });
      console.out(args.json ? `${JSON.stringify(documentOf(explanation))}\n` : render(explanation, console));
      finish(exitCodes.done);
    },
  };
}

function documentOf({ path, verdict, rules }: Explanation): object {
  return {
    schema: 'migrate.explanation/1',
    path: bytesToJson(path),
    verb: verdict.verb,
    strategy: verdict.strategy?.name ?? null,
    class: verdict.class,
    to: verdict.to === null ? null : bytesToJson(renamedPath(path, verdict.to)),
    rules: rules.map(({ rule, decides }) => ({
      rule: ruleText(rule),
      source: rule.source,
      reason: rule.reason ?? null,
      decides,
    })),
  };
}

function render({ path, verdict, rules }: Explanation, console: Console): string {
  const lines = rules.map(({ rule, decides }) => {
    const what = decides.length === 0 ? 'another rule decides' : `decides ${decides.join(', ')}`;
    const reason = rule.reason === undefined ? '' : `  # ${rule.reason}`;
    return `  ${placeOf(rule.source)}  ${paint(console, decides.includes('verb') ? 'bold' : 'dim', ruleText(rule))}  ${what}${reason}`;
  });
  const strategy = verdict.strategy === null ? '' : `, strategy ${verdict.strategy.name}`;
  const to = verdict.to === null ? '' : `, to ${displayBytes(renamedPath(path, verdict.to))}`;
  return `${displayBytes(path)}: ${paint(console, 'bold', verdict.verb)}${strategy}${to}\n${lines.join('\n')}\n`;
}
