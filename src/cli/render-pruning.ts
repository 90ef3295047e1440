import { systemVolume } from '../domain/version.ts';
import { displayVolumeName } from '../domain/volume-name.ts';
import type { Pruning } from '../flows/prune-versions.ts';
import { type Console, paint } from './console.ts';
import { leftOverLines } from './render-left-overs.ts';

/** Every version and image with why it stays or goes, then what went with those that go. */
export function renderPruning(
  { dryRun, retained, images, removed, kept, refused, leftOvers }: Pruning,
  console: Console,
): string {
  const decided = [
    ...retained.map(({ version, ...rest }) => ({ name: version.id, ...rest })),
    ...images.map(({ image, ...rest }) => ({ name: `${image.name}@${systemVolume}`, ...rest })),
  ];
  const width = Math.max(...decided.map(({ name }) => name.length), 0);
  const goes = dryRun ? 'would go' : 'goes ';
  const lines = decided.map(({ name, stays, why }) => {
    const word = paint(console, stays ? 'green' : 'yellow', (stays ? 'stays' : goes).padEnd(goes.length));
    return `${name.padEnd(width)}  ${word}  ${why.join('; ')}`;
  });
  return `${[
    ...lines,
    ...section(dryRun ? 'Would remove' : 'Removed', removed.map(nameOf)),
    ...section('Left, though its version goes', kept.map(withReason)),
    ...section('Could not be removed', refused.map(withReason)),
    ...leftOverLines(leftOvers, dryRun),
  ].join('\n')}\n`;
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title} (${lines.length})`, ...lines.map((line) => `  ${line}`)];
}

function withReason({ place, why }: Pruning['kept'][number]): string {
  return `${nameOf(place)}: ${why}`;
}

function nameOf({ kind, volume, name }: Pruning['removed'][number]): string {
  return displayVolumeName(kind === 'tag' ? { kind, volume, name } : { kind, volume, name, host: null });
}
