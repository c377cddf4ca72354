import type { Machine } from "../domain/machine.ts";

/** What it was that made a machine ask: one line, raw, and where people see more of it. */
export interface Cause {
  readonly says: string;
  readonly link?: string | undefined;
}

/** What a machine asks for: a command, as a person would ask for it. */
export interface MachineAsk {
  readonly machine: Machine;
  readonly door: "trigger" | "schedule" | "api";
  /** The command's id: the name of its file. */
  readonly command: string;
  /** What would be typed: for each of its inputs, or the words after the command. */
  readonly typed: { readonly values: Readonly<Record<string, string>> } | { readonly words: string };
  readonly cause?: Cause | undefined;
  /** E-mail addresses of people for whom it asks: who of them is known counts as having asked, and approves nothing of it. */
  readonly emails?: readonly string[] | undefined;
  /** The same by Slack id. */
  readonly users?: readonly string[] | undefined;
}

/** An ask that is on record. */
export interface MachineAsked {
  /** False where its key was on record before: then nothing more comes of it. */
  readonly isNew: boolean;
  /** What came of it, once it is dealt with; that may take as long as Git and Argo CD take. Undefined where the server stops first. */
  readonly answer: Promise<AskResult | undefined>;
}

/** What the log keeps of what came of an ask; whoever asked is told that, the first time and each time after. */
export interface AskResult {
  readonly code: string;
  /** Plain text. */
  readonly message: string;
  /** The run that was started, joined or acted on. */
  readonly run?: string | undefined;
  /** What could be asked instead. */
  readonly suggestions?: readonly string[] | undefined;
}

/** Something that arrived, beside what it asks for. */
export interface Noted {
  readonly machine: Machine;
  /** Why it asks for nothing, or for nothing else; may be empty. */
  readonly reason: string;
  readonly cause?: Cause | undefined;
  /** What it asks for, by the keys of the asks. */
  readonly asks?: readonly { readonly command: string; readonly key: string }[] | undefined;
  /** What it would have asked for, were it possible to say with which values: those who look after it are told. */
  readonly failed?: readonly FailedStart[] | undefined;
}

export interface FailedStart {
  /** The command's id. */
  readonly command: string;
  readonly reason: string;
}

/**
 * Takes what is asked for by something that is no person, with the same checks as what people ask for. Resolves when it is durably
 * recorded; rejects with `store.*` when it could not be, and with `machine.not-ready` while Slack has not said who its people are. The
 * same key twice is one ask.
 */
export interface MachineDoor {
  ask(key: string, ask: MachineAsk): Promise<MachineAsked>;
  /** Records something that arrived, and why nothing else comes of it; false where its key was on record before. */
  note(key: string, noted: Noted): Promise<boolean>;
  /** When something was recorded under a key, in milliseconds since the epoch; undefined for a key that is not on record. */
  recordedAt(key: string): number | undefined;
  /** What came of an ask; `undefined` for a key that is not on record, `pending` while it is being dealt with. */
  resultOf(key: string): AskResult | "pending" | undefined;
}
