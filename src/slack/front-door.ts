import type { Answer } from "../engine/answer.ts";
import type { CommandForms } from "../engine/command-form.ts";

/** Who sent something, from which workspace, and where a private answer can go. */
export interface Sender {
  /** The workspace of the person, which in a shared channel is not always ours. */
  readonly team: string;
  readonly user: string;
  readonly channel: string;
  /** The thread in which it happened, so that the answer is seen there; absent in the channel itself. */
  readonly threadTs?: string | undefined;
  /** Slack's address for private answers: five uses, half an hour. */
  readonly responseUrl?: string | undefined;
  /** Until when it can be used, in milliseconds since the epoch. */
  readonly answerUntil: number;
}

/** A slash command as it was typed: `command` is `/promote`, `text` the rest. */
export interface SlashArrival extends Sender {
  readonly kind: "slash";
  readonly command: string;
  readonly text: string;
}

/** Somebody pressed a button of a gate, or gave a reason for a rejection. */
export interface DecisionArrival extends Sender {
  readonly kind: "decision";
  /** False when the message on which the button was pressed is not the one that is kept up to date. */
  readonly isCurrent: boolean;
  readonly run: string;
  readonly path: string;
  readonly attempt: number;
  readonly digest: string;
  readonly decision: "approve" | "reject";
  readonly reason: string;
}

/** Somebody pressed a button, or sent a form, that asks for a command as if it had been typed. */
export interface CommandArrival extends Sender {
  readonly kind: "command";
  readonly door: "button" | "modal";
  /** The command's id. */
  readonly command: string;
  /** What would have been typed for its inputs. */
  readonly values: Readonly<Record<string, string>>;
}

export type Arrival = SlashArrival | DecisionArrival | CommandArrival;

/**
 * Takes what people do. `receive` resolves when it is durably recorded, and only then is Slack told that it arrived; it rejects
 * with `store.*` when it could not be recorded. The same key twice is recorded once. What it resolves with can be said at once.
 */
export interface FrontDoor {
  /** What forms are filled from. */
  readonly forms: CommandForms;
  receive(key: string, arrival: Arrival): Promise<Answer | undefined>;
}
