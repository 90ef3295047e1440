import { bytesToJson, displayBytes } from '../domain/bytes.ts';
import { placeOf } from '../domain/rule-place.ts';
import { localPolicyFile, type PolicyEdit } from '../flows/edit-policy.ts';
import { ruleText } from './rule-text.ts';

/** What was done to the machine's own policy, and the rule that decides now. */
export function renderEdit({ added, removed, deciding: { rule } }: PolicyEdit): string {
  const lines = [
    ...removed.map((line) => `- ${displayBytes(line)}`),
    ...added.map((line) => `+ ${displayBytes(line)}`),
  ];
  const heading = lines.length === 0 ? `${localPolicyFile}: nothing to change` : `${localPolicyFile}:`;
  return `${[heading, ...lines.map((line) => `  ${line}`), `In force: ${ruleText(rule)} (${placeOf(rule.source)})`].join('\n')}\n`;
}

/** The same as JSON. */
export function editDocument({ added, removed, deciding: { verb, rule } }: PolicyEdit): object {
  return {
    schema: 'migrate.policy-edit/1',
    file: localPolicyFile,
    added: added.map(bytesToJson),
    removed: removed.map(bytesToJson),
    verb,
    rule: { pattern: bytesToJson(rule.pattern), source: rule.source },
  };
}
