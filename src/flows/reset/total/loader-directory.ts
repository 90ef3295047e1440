import { bytesOfText } from '../../../domain/bytes.ts';
import { Failure } from '../../../domain/failure.ts';
import type { RootPath } from '../../../domain/path.ts';
import { locationOf } from '../../../files/location.ts';
import type { Store } from '../../../store/store.ts';
import type { Files } from '../../../system/files.ts';
import { readLoaderRecord } from '../../loader/loader-record.ts';

/**
 * The directory that the loader of a store's machine decides by, where it lies in a root; else null. Throws Failure
 * `loader-record`, and `loader-on-top` where it is all of the root.
 */
export function loaderDirectoryIn({ files, system }: Store, root: Files): RootPath | null {
  const record = readLoaderRecord(files);
  if (record === null) return null;
  const { device, path } = locationOf(system, root);
  if (device !== record.device) return null;
  if (path === record.path) throw onTop();
  const top = path === '' ? '' : `${path}/`;
  return record.path.startsWith(top) ? `/${bytesOfText(record.path.slice(top.length))}` : null;
}

function onTop(): Failure {
  return new Failure({
    code: 'loader-on-top',
    kind: 'failed',
    message: 'the loader reads the top directory of it. Give it one of its own with migrate loader set',
  });
}
