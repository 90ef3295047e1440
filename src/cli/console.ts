/** Where commands print. */
export type Console = {
  /** Writes to stdout. */
  readonly out: (text: string) => void;
  /** Writes to stderr. */
  readonly err: (text: string) => void;
  /** Whether stdout is a terminal that shows colours. */
  readonly colored: boolean;
  /** Whether stderr is a terminal, so that a line may be written over. */
  readonly interactive: boolean;
  /** Asks the person at the terminal and returns the line that is typed; null where nobody is there. */
  readonly ask: ((question: string) => string) | null;
};

/** How the program ends, documented in the README and in `migrate --help`. */
export const exitCodes = { done: 0, failed: 1, badInput: 2, waiting: 3, unhealthy: 4 } as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

const codes: Readonly<Record<Style, readonly [number, number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

/** Colours a text where the console shows colours (ECMA-48 SGR). */
export function paint({ colored }: Pick<Console, 'colored'>, style: Style, text: string): string {
  const [on, off] = codes[style];
  return colored ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}
