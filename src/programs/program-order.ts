/** How a program is told to end: the signal that lets it save what it must, and how long it has before its whole group is killed. */
export interface StopRule {
  readonly signal: "SIGINT" | "SIGTERM";
  readonly graceMs: number;
}

/** A program to be run: an argument vector, never a shell, in an environment that holds nothing of this process's own but what is named. */
export interface ProgramOrder {
  /** A name that is looked for on the PATH, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  /** The working folder. */
  readonly folder: string;
  /** Beside PATH, HOME (the working folder), LANG and TMPDIR. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** What it reads from its standard input; none where it is absent. */
  readonly input?: string | undefined;
  readonly signal: AbortSignal;
  /** SIGTERM and one second where it is absent. */
  readonly stop?: StopRule | undefined;
  /** Gets each line as it comes, without its line end, cut at 64 KiB. */
  readonly onLine?: ((line: string, from: "stdout" | "stderr") => void) | undefined;
  /** How much of each stream `ProgramEnd` keeps, from its end; 1 MiB where it is absent. What is cut is said in `isCut`. */
  readonly keepBytes?: number | undefined;
}

/** How a program ended by itself; one that was stopped because `signal` aborted throws the signal's reason once its group is dead. */
export interface ProgramEnd {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  readonly endedBy: string | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** True when `stdout` or `stderr` is the end of something longer. */
  readonly isCut: boolean;
}

/** Runs programs. Throws `program.missing` for one that is not installed, saying which and how to get it is for the caller to add. */
export interface Programs {
  run(order: ProgramOrder): Promise<ProgramEnd>;
}
