import type { Argv, CommandModule } from 'yargs';
import { bytesOfText, bytesToJson, displayBytes } from '../../domain/bytes.ts';
import type { Explanation } from '../../domain/policy.ts';
import { renamedPath } from '../../domain/rename.ts';
import { explainRule } from '../../flows/explain-rule.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, policyFilesOf, policyOption } from '../options.ts';
import { placeOf, ruleText } from '../rule-text.ts';

function options(yargs: Argv) {
  return yargs
    .positional('path', { type: 'string', demandOption: true, describe: 'the path in question, absolute' })
    .options({
      old: {
        type: 'string',
        requiresArg: true,
        default: '/',
        describe: "the old system, for the machine's own policy",
      },
      new: { type: 'string', requiresArg: true, default: '/', describe: "the new image, for the image's policy" },
      ...policyOption,
      ...jsonOption,
    })
    .example('$0 explain /etc/ssh/sshd_config', 'which rule decides, from which file and line');
}

/** `migrate explain`: which rule decides about a path. */
export function explainCommand({ system, console, finish }: Context): CommandModule<object, object> {
  return {
    command: 'explain <path>',
    describe: 'show which rule decides about a path, from which file and line',
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      const { old } = args;
      const explanation = explainRule(system, {
        path: bytesOfText(args.path),
        old,
        new: args.new,
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
    return `  ${placeOf(rule)}  ${paint(console, decides.includes('verb') ? 'bold' : 'dim', ruleText(rule))}  ${what}${reason}`;
  });
  const strategy = verdict.strategy === null ? '' : `, strategy ${verdict.strategy.name}`;
  const to = verdict.to === null ? '' : `, to ${displayBytes(renamedPath(path, verdict.to))}`;
  return `${displayBytes(path)}: ${paint(console, 'bold', verdict.verb)}${strategy}${to}\n${lines.join('\n')}\n`;
}
