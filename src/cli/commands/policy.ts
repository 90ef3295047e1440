import type { Argv } from 'yargs';
import { bytesToJson } from '../../domain/bytes.ts';
import type { Rule } from '../../domain/policy.ts';
import { placeOf } from '../../domain/rule-place.ts';
import { checkPolicy, type Finding, type PolicyCheck } from '../../flows/check-policy.ts';
import { withRoot } from '../../flows/with-root.ts';
import type { CommandBody } from '../command-row.ts';
import { type Console, exitCodes, paint } from '../console.ts';
import type { Context } from '../context.ts';
import { jsonOption, policyFilesOf, policyOption, requireRoot, rootOption } from '../options.ts';
import { countOf } from '../quantities.ts';
import { ruleText } from '../rule-text.ts';
import { progressLine } from '../show-progress.ts';

function options(yargs: Argv) {
  return yargs
    .positional('action', { choices: ['check'] as const, demandOption: true, describe: 'check' })
    .options({
      ...rootOption,
      all: { type: 'boolean', default: false, describe: "the image's rules too, many of which are for other machines" },
      ...policyOption,
      ...jsonOption,
    })
    .example('$0 policy check', "whether this machine's rules can be read, and which have no effect")
    .example('$0 policy check --policy new.policy', 'a policy before it is installed')
    .epilogue('Exit codes: 0 each rule has an effect; 1 a rule has none, and is named; 2 a policy cannot be read.');
}

/** `migrate policy check`: syntax, rules that match nothing, rules in whose place others decide. */
export function policyCommand({ system, console, finish }: Context): CommandBody {
  return {
    builder: options,
    handler: (parsed) => {
      const args = parsed as Awaited<ReturnType<typeof options>['argv']>;
      requireRoot(system, 'policy check');
      const progress = progressLine(console);
      const policyFiles = policyFilesOf(system, args.policy);
      const check = withRoot(system, args.root, (root) =>
        checkPolicy(system, root, { policyFiles, all: args.all, onProgress: progress.onProgress }),
      );
      progress.clear();
      console.out(args.json ? `${JSON.stringify(documentOf(check))}\n` : render(check, console));
      finish(check.findings.length === 0 ? exitCodes.done : exitCodes.failed);
    },
  };
}

function documentOf({ findings, rules, paths }: PolicyCheck): object {
  return {
    schema: 'migrate.policy-check/1',
    rules,
    paths,
    findings: findings.map(({ rule, kind, others }) => ({ kind, ...ruleOf(rule), others: others.map(ruleOf) })),
  };
}

function ruleOf({ verb, pattern, source }: Rule): object {
  return { verb, pattern: bytesToJson(pattern), source };
}

function render({ findings, rules, paths }: PolicyCheck, console: Console): string {
  const looked = `${countOf(rules, 'rule')} on ${countOf(paths, 'path')} of this machine`;
  const summary =
    findings.length === 0 ? `${looked}: each has an effect` : `${looked}: ${countOf(findings.length, 'finding')}`;
  return `${[...findings.map((finding) => renderFinding(finding, console)), summary].join('\n')}\n`;
}

function renderFinding({ rule, kind, others }: Finding, console: Console): string {
  const where = others.slice(0, 3).map((other) => `"${ruleText(other)}" (${placeOf(other.source)})`);
  const what = {
    unmatched: 'matches nothing on this machine',
    shadowed: `never decides: ${where.join(', ')} ${others.length === 1 ? 'does' : 'do'}`,
    repeated: `says again what ${where.join('')} says`,
  }[kind];
  return `${placeOf(rule.source)}: ${paint(console, 'bold', ruleText(rule))}: ${what}`;
}
