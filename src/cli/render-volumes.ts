import { minuteOf } from '../domain/minute.ts';
import { originOf } from '../domain/origin.ts';
import type { ListedObject, ListedVolume } from '../flows/volumes/list-volumes.ts';
import { columnOf } from './columns.ts';
import { type Console, paint } from './console.ts';
import { printableText } from './printable.ts';

/** Volumes, each with its branches and tags in the order in which they were made. */
export function renderVolumes(volumes: readonly ListedVolume[], console: Console): string {
  if (volumes.length === 0) return 'The store has no volumes\n';
  const names = volumes.flatMap(({ objects }) => objects.map(({ name }) => name));
  const width = columnOf(names);
  return volumes.map((volume) => renderVolume(volume, width, console)).join('');
}

function renderVolume({ volume, objects }: ListedVolume, width: number, console: Console): string {
  const empty = objects.length === 0 ? ', empty' : '';
  const head = `${paint(console, 'bold', volume.name)}  class ${volume.class}, host ${volume.host}${empty}`;
  return `${[head, ...objects.map((object) => `  ${renderObject(object, width)}`)].join('\n')}\n`;
}

function renderObject({ name, object, from }: ListedObject, width: number): string {
  const source = from === null ? '' : `  of ${from}`;
  return `${object.kind.padEnd(6)}  ${name.padEnd(width)}  ${dateOf(object)}${source}${remarksOf(object)}`;
}

/** When it was made. */
export function dateOf({ at }: ListedObject['object']): string {
  return minuteOf(printableText(at));
}

/** Long ones, which `migrate image ls` shows. */
const notesOfImages: ReadonlySet<string> = new Set(['source', 'name', 'digest', 'tree', 'bytes', 'signer', 'key']);

/** By what programs find again where a tag came from; for people there is the name of its branch. */
const notesOfOrigin: ReadonlySet<string> = new Set([
  ...['branchUuid', 'source', 'sourceOrder', 'sourceFrom', 'sourcePurpose', 'tree'],
]);

/** Who holds it, and what was written of it when it was made. */
export function remarksOf(object: ListedObject['object']): string {
  const { holds, notes } = object;
  const held = holds.length === 0 ? '' : `  held for ${holds.map(printableText).join(', ')}`;
  const hidden = [
    ...(notes['purpose'] === 'image' ? notesOfImages : []),
    ...(originOf(object) === null ? [] : notesOfOrigin),
  ];
  const noted = Object.entries(notes).flatMap(([key, value]) =>
    hidden.includes(key) ? [] : [`  ${printableText(key)}: ${printableText(value)}`],
  );
  return `${held}${noted.join('')}`;
}

/** The same for programs. */
export function volumesDocument(volumes: readonly ListedVolume[]): object {
  return {
    schema: 'migrate.volumes/1',
    volumes: volumes.map(({ volume, objects }) => ({
      ...volume,
      objects: objects.map(({ name, object, from }) => ({ ...object, name, from, fromUuid: object.from })),
    })),
  };
}
