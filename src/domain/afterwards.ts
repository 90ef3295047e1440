/** Runs something and lets go of what it used, whatever happens; where a promise is given back, when that is settled. */
export function afterwards<Result>(run: () => Result, letGo: () => void): Result {
  let isLater = false;
  try {
    const result = run();
    if (!(result instanceof Promise)) return result;
    isLater = true;
    // The promise of the same value: its type is the one of the result.
    return result.finally(letGo) as Result;
  } finally {
    if (!isLater) letGo();
  }
}
