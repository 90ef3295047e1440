import { type ByteString, bytesOfText, bytesToJson } from '../domain/bytes.ts';
import type { RootPath } from '../domain/path.ts';
import type { Plan } from '../domain/plan.ts';
import { workAfterBoot } from '../domain/work-after-boot.ts';

/**
 * The records by which the new version learns after its boot what it has still to do: a file in its state folder for each
 * kind of work, and none where there is none. Services that the image has run where their record is, and remove it when
 * the work is done. Made of the plan alone, so that a replay writes the same.
 */
export function workRecords(plan: Plan): { readonly name: string; readonly content: ByteString }[] {
  const { staleCopies, modulesToBuild } = workAfterBoot(plan);
  return [
    { name: 'initramfs-stale', paths: staleCopies },
    { name: 'modules-to-build', paths: modulesToBuild },
  ].flatMap(({ name, paths }) => (paths.length === 0 ? [] : [{ name, content: recordOf(paths) }]));
}

function recordOf(paths: readonly RootPath[]): ByteString {
  return bytesOfText(`${JSON.stringify({ schema: 'migrate.work/1', paths: paths.map(bytesToJson) })}\n`);
}
