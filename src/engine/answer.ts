import type { CommitLine } from "../domain/gate.ts";
import type { RunRow } from "./ports.ts";
import type {
  DiffAnswer,
  FormAnswer,
  LockedAnswer,
  PlanAnswer,
  QueueAnswer,
  WhereAnswer,
  WhoAnswer,
} from "./question-answers.ts";

/** What is live in one environment of a service. */
export interface PlaceStatus {
  readonly environment: string;
  /** `server/namespace/name` of the Application. */
  readonly app: string;
  /** Argo CD's words, such as `Healthy`; empty when it is not known. */
  readonly health: string;
  readonly sync: string;
  /** Empty when it is not known. */
  readonly revision: string;
  readonly provenAt?: number | undefined;
}

/** A run in a history, with those who decided on it (pseudonyms). */
export interface PastRun extends RunRow {
  readonly approvedBy: readonly string[];
  readonly rejectedBy: readonly string[];
}

/** What one person is told, in private, about what they asked for. Texts are plain and raw: whoever shows them escapes them. */
export type Answer =
  /** One sentence or two: what happened, why, and what to do. `suggestions` can be typed instead. */
  | {
      readonly kind: "notice";
      /** Stable, such as `gate.stale`. */
      readonly code: string;
      readonly message: string;
      readonly suggestions?: readonly string[];
      /** The Slack user that the notice is about, such as whoever decided before. */
      readonly about?: string;
      /** The run that the notice is about: people are led to its card. */
      readonly run?: string;
    }
  | WhereAnswer
  | WhoAnswer
  | QueueAnswer
  | DiffAnswer
  | PlanAnswer
  | FormAnswer
  | LockedAnswer
  /** Lines as they are, in a fixed-width font. */
  | { readonly kind: "text"; readonly text: string }
  | {
      readonly kind: "candidates";
      readonly text: string;
      readonly commits: readonly CommitLine[];
      readonly more: number;
    }
  | { readonly kind: "history"; readonly about: string; readonly runs: readonly PastRun[] }
  | {
      readonly kind: "status";
      readonly services: readonly { readonly name: string; readonly places: readonly PlaceStatus[] }[];
      readonly runs: readonly RunRow[];
    };

export function notice(code: string, message: string, suggestions: readonly string[] = []): Answer {
  return { kind: "notice", code, message, ...(suggestions.length > 0 && { suggestions }) };
}
