import type { ByteString } from '../../domain/bytes.ts';

/** The first and the last number of a range, both in it. */
export type Range = readonly [first: number, last: number];

/** Where new numbers come from. */
export type Ranges = { readonly system: Range; readonly ordinary: Range };

export type Kind = 'users' | 'groups';

const names = { users: 'UID', groups: 'GID' } as const;

/**
 * The ranges that login.defs(5) and adduser.conf(5) set, the first before the second, then the defaults of shadow-utils:
 * ordinary 1000 to 60000, system 101 to one below the ordinary. Contents are empty where there is no such file.
 */
export function rangesOf(kind: Kind, loginDefs: ByteString, adduserConf: ByteString): Ranges {
  const id = names[kind];
  const ordinary: Range = [
    setting(loginDefs, `${id}_MIN`) ?? setting(adduserConf, `FIRST_${id}`) ?? 1000,
    setting(loginDefs, `${id}_MAX`) ?? setting(adduserConf, `LAST_${id}`) ?? 60000,
  ];
  const system: Range = [
    setting(loginDefs, `SYS_${id}_MIN`) ?? setting(adduserConf, `FIRST_SYSTEM_${id}`) ?? 101,
    setting(loginDefs, `SYS_${id}_MAX`) ?? setting(adduserConf, `LAST_SYSTEM_${id}`) ?? ordinary[0] - 1,
  ];
  return { system, ordinary };
}

/** `NAME value` or `NAME=value`, quoted or not; the last one holds. */
function setting(content: ByteString, name: string): number | null {
  const found = [...content.matchAll(new RegExp(`^[ \\t]*${name}[ \\t=]+["']?([0-9]+)["']?[ \\t\\r]*$`, 'gm'))].at(-1);
  return found?.[1] === undefined ? null : Number(found[1]);
}

/**
 * A free number as useradd(8) picks one: for a system account the highest of its range, else the lowest of the ordinary
 * range; where the range is full of the other one, at last above all that is taken.
 */
export function freeNumber(ranges: Ranges, isSystem: boolean, taken: ReadonlySet<number>): number {
  const { system, ordinary } = ranges;
  const down = highestFree(system, taken);
  const up = lowestFree(ordinary, taken);
  return (isSystem ? (down ?? up) : (up ?? down)) ?? spareNumber(taken);
}

/**
 * A number that stands for no account. 65536 to 99999 is given to nobody: systemd's dynamic users end below it, and
 * subordinate numbers begin above it (systemd's UIDS-GIDS page, SUB_UID_MIN of login.defs(5)).
 */
export function spareNumber(taken: ReadonlySet<number>): number {
  let number = 65536;
  while (taken.has(number)) number++;
  return number;
}

function highestFree([first, last]: Range, taken: ReadonlySet<number>): number | null {
  for (let number = last; number >= first; number--) if (!taken.has(number)) return number;
  return null;
}

function lowestFree([first, last]: Range, taken: ReadonlySet<number>): number | null {
  for (let number = first; number <= last; number++) if (!taken.has(number)) return number;
  return null;
}
