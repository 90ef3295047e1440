/** Stands in for Node's `assert`, of which yargs uses these two of its own methods' arguments; that takes a tenth of a start to load. */
export function strictEqual(actual: unknown, expected: unknown, message?: string): void {
  if (!Object.is(actual, expected)) throw new TypeError(message);
}

export function notStrictEqual(actual: unknown, expected: unknown, message?: string): void {
  if (Object.is(actual, expected)) throw new TypeError(message);
}
