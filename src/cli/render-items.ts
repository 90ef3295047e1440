import { choicesSchema } from '../domain/choices.ts';
import { type Item, type Resolution, type Severity, waitsForChoice } from '../domain/item.ts';
import { type Console, paint } from './console.ts';

const styles = { error: 'red', warning: 'yellow', recommendation: 'cyan', info: 'dim' } as const;
const order: readonly Severity[] = ['info', 'recommendation', 'warning', 'error'];

type Options = {
  /** The document that answers holds all that can be chosen, not only what waits. */
  readonly verbose: boolean;
  /** The plan has been applied: nothing waits any more. */
  readonly applied?: boolean;
};

/** The sections for what one should know, and for what waits for a choice, with the document that answers it. */
export function renderItems(items: readonly Item[], console: Console, { verbose, applied = false }: Options): string[] {
  const waiting = items.filter((item) => waitsForChoice(item) && isChoosable(item));
  const wrong = items.filter((item) => waitsForChoice(item) && !isChoosable(item));
  const others = items
    .filter((item) => !waitsForChoice(item))
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return [
    ...section('Good to know', others, console),
    ...section(applied ? 'Decided by default' : 'Waiting for a choice', waiting, console),
    ...section('To be put right first', wrong, console),
    ...(applied ? [] : answersTo(verbose ? items.filter(isChoosable) : waiting, console)),
  ];
}

function isChoosable({ resolutions }: Item): boolean {
  return resolutions.length > 0;
}

function section(title: string, items: readonly Item[], console: Console): string[] {
  if (items.length === 0) return [];
  const heading = paint(console, 'bold', `${title} (${items.length})`);
  return [[heading, ...items.map((item) => renderItem(item, console))].join('\n')];
}

function renderItem(item: Item, console: Console): string {
  const width = Math.max(...item.resolutions.map(({ id }) => id.length), 0);
  return [
    `  ${paint(console, styles[item.severity], item.severity)}  ${item.title}`,
    `      ${item.detail}`,
    ...item.resolutions.map((resolution) => renderResolution(resolution, item, width)),
  ].join('\n');
}

/** The resolution that the plan rests on is marked by a star. */
function renderResolution({ id, title, dataLoss }: Resolution, { settled }: Item, width: number): string {
  const inForce = settled?.resolution === id;
  const by = settled?.by === 'choice' ? ' (chosen)' : ' (default)';
  const loss = dataLoss === 'none' ? '' : ` (data loss ${dataLoss})`;
  return `    ${inForce ? '*' : ' '} ${id.padEnd(width)}  ${title}${inForce ? by : ''}${loss}`;
}

/** A choices document to be copied from the terminal, with the defaults where there are some. */
function answersTo(items: readonly Item[], console: Console): string[] {
  if (items.length === 0) return [];
  const choices = items.map(({ key, fingerprint, settled, resolutions }) => {
    const resolution = settled?.resolution ?? resolutions.map(({ id }) => id).join('|');
    return `  ${JSON.stringify(key)}: ${JSON.stringify({ fingerprint, resolution })}`;
  });
  const document = [
    paint(console, 'bold', 'To answer, write this with the resolutions that you want to a file, for --choices FILE'),
    `{"schema": "${choicesSchema}", "choices": {`,
    choices.join(',\n'),
    '}}',
  ];
  return [document.join('\n')];
}
