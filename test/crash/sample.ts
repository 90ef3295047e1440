/** So many of the values, evenly spread; the last one is among them. */
export function evenly<Value>(values: readonly Value[], count: number): Value[] {
  const before = (index: number): number => Math.floor((index * count) / values.length);
  return values.filter((_, index) => before(index + 1) > before(index));
}

/** Of each kind `count` values: the first, the last and some between, or the middle one alone. */
export function spread<Value extends { readonly kind: string }>(values: readonly Value[], count: number): Value[] {
  const chosen = new Set<Value>();
  for (const ofKind of Map.groupBy(values, ({ kind }) => kind).values()) {
    const [first, ...rest] = ofKind;
    const middle = ofKind[Math.floor(ofKind.length / 2)];
    const begin = count === 1 ? middle : first;
    if (begin !== undefined) chosen.add(begin);
    for (const value of evenly(rest, count - 1)) chosen.add(value);
  }
  return values.filter((value) => chosen.has(value));
}
