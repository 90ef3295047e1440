/** Paths longer than this do not push the reasons of all others to the right. */
const widestColumn = 44;

/** The width at which what follows the paths begins. */
export function columnOf(paths: readonly string[]): number {
  return Math.max(...paths.map(({ length }) => length).filter((length) => length <= widestColumn), 0);
}
