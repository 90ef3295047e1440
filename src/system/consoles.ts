/** The consoles of the kernel, at which a person may sit before anything of the system runs. */
export interface Consoles {
  /** Shows a text on all of them. */
  show(text: string): void;
  /**
   * Shows a question on all of them: the next line that is typed at any, without blanks at its ends; null where none came in
   * time, or can come. Nothing that was typed before the question counts.
   */
  ask(question: string, seconds: number): string | null;
  /** Runs an interactive shell at the first of them until it is left. Throws Failure `no-shell` where there is none. */
  runShell(): void;
  close(): void;
}

/** Opens all of them: a person sits at one. Where none can be opened, nothing is shown and nobody answers. */
export type OpenConsoles = () => Consoles;
