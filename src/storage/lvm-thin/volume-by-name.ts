import type { LogicalVolume } from '../../domain/device-mapper.ts';
import { jsonOrNull } from '../../domain/json.ts';
import type { Commands } from '../../system/commands.ts';
import { storeInTags } from './volume-tags.ts';

/** A volume as LVM knows it, whoever made it. */
export type FoundVolume = LogicalVolume & {
  /** The thin pool that it is in; null where it is no thin volume. */
  readonly pool: string | null;
  /** The store that made it; null where none did. */
  readonly store: string | null;
  readonly isActive: boolean;
  readonly isWritable: boolean;
};

type Report = {
  readonly report: readonly {
    readonly lv: readonly {
      readonly pool_lv: string;
      readonly lv_tags: string;
      readonly lv_kernel_major: string;
      readonly lv_permissions: string;
    }[];
  }[];
};

const fields = 'pool_lv,lv_tags,lv_kernel_major,lv_permissions';

/** The volume of that name; null where it is not there, or not yet. */
export function findVolume({ run }: Commands, { group, name }: LogicalVolume): FoundVolume | null {
  const select = ['--select', `vg_name="${group}" && lv_name="${name}"`];
  const { stdout } = run('lvs', ['--reportformat', 'json', '--options', fields, ...select]);
  const row = (jsonOrNull(stdout) as Report | null)?.report[0]?.lv[0];
  if (row === undefined) return null;
  return {
    ...{ group, name },
    pool: row.pool_lv === '' ? null : row.pool_lv,
    store: storeInTags(row.lv_tags.split(',')),
    isActive: Number(row.lv_kernel_major) >= 0,
    isWritable: row.lv_permissions !== 'read-only',
  };
}
