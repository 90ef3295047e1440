/** Cases 1 to 76 are about one migration. */
export const lastCase = 76;

/** The numbers of the cases that a test's name names: `case 8: …`, `cases 45, 47: …`, `cases 10 to 13: …`. */
export function casesNamed(name: string): number[] {
  const list = /^cases? ([0-9][0-9a-z, ]*):/.exec(name)?.[1];
  if (list === undefined) return [];
  return list.split(/,| and /).flatMap((part) => {
    const [first = Number.NaN, last = first] = part.split(' to ').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
