import type { ByteString } from '../../domain/bytes.ts';
import { nameOf, parentOf, type RootPath } from '../../domain/path.ts';
import { streamFailure } from './stream-failure.ts';

/** A name in a directory. */
type Place = { readonly directory: Replayed; readonly name: ByteString };

/** A file or directory by one of its names, while a stream is replayed. */
export type Replayed = {
  /** Where base has it; null where this name is new, and for the root. */
  readonly home: Place | null;
  /** Where it is now; null where the name is gone, and for the root. */
  place: Place | null;
  /** Whether the file itself is new, whatever its name. */
  readonly created: boolean;
  /** What is known of the names in it; null where one is not there any more. */
  readonly names: Map<ByteString, Replayed | null>;
  /** By how many bytes the names in it have become longer, all together. */
  growth: number;
};

/**
 * The names of a tree while a stream is replayed on it. It begins as base, of which nothing is read: a name that the
 * stream has not changed stands for what base has there.
 */
export class ReplayedNames {
  readonly #root = newNode(null, false);

  /** What the path stands for now. Throws Failure where the stream itself says that nothing is there. */
  find(path: RootPath): Replayed {
    let node = this.#root;
    if (path !== '/') for (const name of path.slice(1).split('/')) node = this.#inside(node, name);
    return node;
  }

  create(path: RootPath): Replayed {
    return this.#attach(newNode(null, true), path);
  }

  /** Another name of what is at `existing`. */
  link(path: RootPath, existing: RootPath): Replayed {
    return this.#attach(newNode(null, this.find(existing).created), path);
  }

  rename(from: RootPath, to: RootPath): Replayed {
    return this.#attach(this.remove(from), to);
  }

  remove(path: RootPath): Replayed {
    const node = this.find(path);
    if (node.place === null) throw streamFailure('it moves or removes the root');
    const { directory, name } = node.place;
    directory.names.set(name, null);
    directory.growth -= name.length;
    node.place = null;
    return node;
  }

  /** Where base has it; null where it is new there. */
  originOf(node: Replayed): RootPath | null {
    return this.#pathOf(node, ({ home }) => home);
  }

  /** Where it is now; null where it, or a directory above it, is gone. */
  pathOf(node: Replayed): RootPath | null {
    return this.#pathOf(node, ({ place }) => place);
  }

  /** Whether it has the name that it has in base, in the directory that it is in in base, and so on up to the root. */
  isAtHome(node: Replayed): boolean {
    for (let at = node; at !== this.#root; ) {
      const { home, place } = at;
      if (home === null || place === null) return false;
      if (home.name !== place.name || home.directory !== place.directory) return false;
      at = place.directory;
    }
    return true;
  }

  /** In a loop, as a path may be deeper than calls can be nested. */
  #pathOf(node: Replayed, placeOf: (node: Replayed) => Place | null): RootPath | null {
    const names: ByteString[] = [];
    for (let at = node; at !== this.#root; ) {
      const place = placeOf(at);
      if (place === null) return null;
      names.push(place.name);
      at = place.directory;
    }
    return `/${names.reverse().join('/')}`;
  }

  #attach(node: Replayed, path: RootPath): Replayed {
    const [directory, name] = [this.find(parentOf(path)), nameOf(path)];
    node.place = { directory, name };
    directory.names.set(name, node);
    directory.growth += name.length;
    return node;
  }

  #inside(directory: Replayed, name: ByteString): Replayed {
    const known = directory.names.get(name);
    if (known !== undefined && known !== null) return known;
    const isNew = directory.home === null && directory !== this.#root;
    if (known === null || isNew) throw streamFailure('it names what is not there');
    const node = newNode({ directory, name }, false);
    directory.names.set(name, node);
    return node;
  }
}

function newNode(home: Place | null, created: boolean): Replayed {
  return { home, place: home, created, names: new Map(), growth: 0 };
}
