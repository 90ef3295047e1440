/** A shorter input that fails as this one does, as far as leaving out parts of it finds one within `milliseconds`. */
export function shrink(input: string, fails: (input: string) => boolean, milliseconds: number): string {
  const end = performance.now() + milliseconds;
  let shortest = input;
  for (let size = Math.ceil(input.length / 2); size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < shortest.length && performance.now() < end; ) {
      const shorter = shortest.slice(0, at) + shortest.slice(at + size);
      if (fails(shorter)) shortest = shorter;
      else at += size;
    }
  }
  return shortest;
}
