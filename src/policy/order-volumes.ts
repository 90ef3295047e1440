import type { DeclaredVolume } from '../domain/declared-volume.ts';
import { Failure } from '../domain/failure.ts';
import { comparePaths } from '../domain/path.ts';

/**
 * The declared volumes in the order in which they are mounted: one before those that lie in it. Throws Failure
 * `volume-syntax` where two have one name or one mount point, and names both places.
 */
export function orderDeclared(volumes: readonly DeclaredVolume[]): DeclaredVolume[] {
  const names = new Map<string, DeclaredVolume>();
  const mountPoints = new Map<string, DeclaredVolume>();
  for (const volume of volumes) {
    const { name, mountPoint } = volume;
    const namesake = names.get(name);
    if (namesake !== undefined) throw twice(volume, namesake, `a volume "${name}"`);
    const neighbour = mountPoints.get(mountPoint);
    if (neighbour !== undefined) throw twice(volume, neighbour, `a volume at ${mountPoint}`);
    names.set(name, volume);
    mountPoints.set(mountPoint, volume);
  }
  return volumes.toSorted((a, b) => comparePaths(a.mountPoint, b.mountPoint));
}

function twice({ source }: DeclaredVolume, other: DeclaredVolume, what: string): Failure {
  return new Failure({
    code: 'volume-syntax',
    kind: 'input',
    message: `${source.file}, line ${source.line}: ${what} is declared already (${other.source.file}, line ${other.source.line})`,
    advice: 'Take one of the two lines away',
  });
}
