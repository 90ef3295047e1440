import { Failure } from '../domain/failure.ts';
import { ancestorsOf, childOf, type RootPath } from '../domain/path.ts';
import type { Files } from '../system/files.ts';
import { type MountUnit, requiredDirectory, unitDirectory } from './mount-units.ts';

/**
 * Writes the mount units of a version into its root, in place of those that are there; not durable. What else is in the
 * directory stays. Throws Failure `no-directory` where something else is in the way.
 */
export function writeMountUnits(root: Files, units: readonly MountUnit[]): void {
  removeUnits(root);
  if (units.length === 0) return;
  for (const path of [...ancestorsOf(requiredDirectory), requiredDirectory]) makeDirectory(root, path);
  for (const { unit, link } of units) {
    root.create(unit.path, unit.content);
    root.setMode(unit.path, 0o644);
    root.makeSymlink(link.path, link.target);
  }
}

function removeUnits(root: Files): void {
  for (const directory of [requiredDirectory, unitDirectory]) {
    if (root.status(directory)?.type !== 'directory') continue;
    const units = root.list(directory).filter((name) => name.endsWith('.mount'));
    for (const name of units) root.unlink(childOf(directory, name));
  }
}

function makeDirectory(root: Files, path: RootPath): void {
  const there = root.status(path);
  if (there?.type === 'directory') return;
  if (there !== null) {
    throw new Failure({
      code: 'no-directory',
      kind: 'failed',
      message: `Cannot write the mount units of volumes: ${path} is a ${there.type}, not a directory`,
      advice: `Leave ${unitDirectory} to be made`,
    });
  }
  root.makeDirectory(path);
  root.setMode(path, 0o755);
}
