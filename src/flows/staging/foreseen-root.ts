import type { ByteString } from '../../domain/bytes.ts';
import type { Entry } from '../../domain/entry.ts';
import { ancestorsOf, childOf, nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import type { Action, Plan } from '../../domain/plan.ts';
import type { Trees } from '../../tree/compare-trees.ts';
import type { DropInTree } from '../read-drop-ins.ts';

type Placing = Exclude<Action, { readonly kind: 'attributes' }>;

/** What the new root will hold once a plan is carried out, as far as names, types and contents go. */
export function foreseenRoot(
  { actions, blobs }: Pick<Plan, 'actions'> & { readonly blobs: ReadonlyMap<string, ByteString> },
  { ours, theirs }: Pick<Trees, 'ours' | 'theirs'>,
): DropInTree {
  const placed = new Map<RootPath, Placing>();
  for (const action of actions) if (action.kind !== 'attributes') placed.set(action.path, action);

  function entry(path: RootPath): Pick<Entry, 'type' | 'target'> | null {
    const action = placed.get(path);
    if (action !== undefined) return entryMade(action);
    const isTaken = ancestorsOf(path).some((one) => (placed.get(one)?.kind ?? 'directory') !== 'directory');
    return isTaken ? null : theirs.entry(path);
  }

  function entryMade(action: Placing): Pick<Entry, 'type' | 'target'> | null {
    if (action.kind === 'remove') return null;
    if (action.kind === 'link') return entry(action.existing);
    if (action.kind === 'symlink') return { type: 'symlink', target: action.target };
    return { type: action.kind === 'node' ? action.type : action.kind };
  }

  function read(path: RootPath): ByteString {
    const action = placed.get(path);
    if (action?.kind === 'link') return read(action.existing);
    if (action?.kind !== 'file' || action.content.from === 'theirs') return theirs.read(path);
    const { content } = action;
    return content.from === 'ours' ? ours.read(content.at ?? path) : (blobs.get(content.sha256) ?? '');
  }

  function list(directory: RootPath): ByteString[] {
    const shipped = theirs.status(directory)?.type === 'directory' ? theirs.list(directory) : [];
    const made = [...placed.keys()].filter((path) => path !== '/' && parentOf(path) === directory).map(nameOf);
    return [...new Set([...shipped, ...made])].filter((name) => entry(childOf(directory, name)) !== null).sort();
  }

  return { root: theirs.root, entry, status: entry, read, list };
}
