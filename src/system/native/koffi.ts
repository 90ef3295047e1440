/** What may be handed to a C function: numbers, and memory that C reads or fills. */
export type NativeValue = number | bigint | Uint8Array | Uint32Array | null;

/** A declared C function. 64-bit results are numbers; nothing here goes beyond 2^53. */
export type NativeFunction = (...values: NativeValue[]) => number;

/** The part of koffi that is used. */
export type Koffi = {
  /** `null` is the program itself, and so its C library. */
  readonly load: (library: null) => { readonly func: (definition: string) => NativeFunction };
  /** The C library's `errno` after the last call. */
  readonly errno: () => number;
  readonly os: { readonly errno: Readonly<Record<string, number>> };
};
