import type { RootPath } from '../../domain/path.ts';
import { type Replayed, ReplayedNames } from './replayed-names.ts';
import type { SendCommand } from './send-stream.ts';

/** What a stream names. */
export type ChangedNames = {
  /** The places at which a name came, went or stands for something else, in base and in ours: all below them is meant. */
  readonly renamed: ReadonlySet<RootPath>;
  /** Files and directories that are in base, by a name that they have in ours. */
  readonly touched: readonly Touched[];
};

export type Touched = {
  readonly path: RootPath;
  /** Whether base has it under the same path. */
  readonly stayed: boolean;
  /** By how many bytes the stream makes all names in it longer. */
  readonly growth: number;
};

/**
 * Replays the commands of a stream on names alone. Temporary names (`o257-7-0`), and directories that move away over
 * their contents' heads, come to where they are in the end.
 */
export function changedNames(commands: Iterable<SendCommand>): ChangedNames {
  const names = new ReplayedNames();
  const seen = new Set<Replayed>();
  for (const command of commands) for (const node of replay(names, command)) seen.add(node);
  const renamed = new Set<RootPath>();
  const touched: Touched[] = [];
  for (const node of seen) {
    const path = names.pathOf(node);
    const stayed = names.isAtHome(node);
    const origin = stayed ? path : names.originOf(node);
    if (!stayed && origin !== null) renamed.add(origin);
    if (!stayed && path !== null) renamed.add(path);
    if (path !== null && !node.created) touched.push({ path, stayed, growth: node.growth });
  }
  return { renamed, touched };
}

function replay(names: ReplayedNames, command: SendCommand): readonly Replayed[] {
  switch (command.kind) {
    case 'begin':
    case 'end':
      return [];
    case 'create':
      return [names.create(command.path)];
    case 'rename':
      return [names.rename(command.path, command.to)];
    case 'link':
      return [names.find(command.existing), names.link(command.path, command.existing)];
    case 'remove':
      return [names.remove(command.path)];
    case 'content':
    case 'attributes':
      return [names.find(command.path)];
  }
}
