/** The kernel command line as words: `name` or `name=value`, double quotes around spaces. Of several, the last counts. */
export type KernelCommandLine = {
  readonly has: (name: string) => boolean;
  /** The value of the last `name=value`, or null. */
  readonly value: (name: string) => string | null;
};

/** Parses /proc/cmdline as the kernel does (Documentation/admin-guide/kernel-parameters.rst). */
export function parseKernelCommandLine(text: string): KernelCommandLine {
  const words = [...text.matchAll(/(?:[^\s"]|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
  return {
    has: (name) => words.some((word) => word === name || word.startsWith(`${name}=`)),
    value: (name) => words.findLast((word) => word.startsWith(`${name}=`))?.slice(name.length + 1) ?? null,
  };
}
