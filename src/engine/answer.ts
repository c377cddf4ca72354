import type { CommitLine } from "../domain/gate.ts";
import type { HandLock } from "../domain/hand-lock.ts";
import type { RunRow } from "./ports.ts";
import type {
  DiffAnswer,
  FormAnswer,
  LockedAnswer,
  MachinesAnswer,
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

/** What somebody else, or Argo CD itself, did to an application outside of runs. */
export interface PastOperation {
  readonly app: string;
  readonly service: string;
  /** Empty for an application outside the inventory. */
  readonly environment: string;
  /** The account in Argo CD, or `auto-sync`. */
  readonly who: string;
  /** Argo CD's word for how it ended. */
  readonly phase: string;
  readonly message: string;
  readonly revisions: readonly string[];
  readonly startedAt: number;
  readonly endedAt: number;
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
  | MachinesAnswer
  /** Lines as they are, in a fixed-width font; `suggestions`, which can be typed instead, stand in them as well. */
  | { readonly kind: "text"; readonly text: string; readonly suggestions?: readonly string[] }
  /** A link to the page of a run, good until then. */
  | {
      readonly kind: "page";
      readonly run: string;
      readonly title: string;
      readonly url: string;
      readonly until: number;
    }
  | {
      readonly kind: "candidates";
      readonly text: string;
      readonly commits: readonly CommitLine[];
      readonly more: number;
    }
  | {
      readonly kind: "history";
      readonly about: string;
      /** The Slack user to whose runs it is narrowed. */
      readonly by?: string;
      readonly runs: readonly PastRun[];
      /** Newest first, as the runs are. */
      readonly operations?: readonly PastOperation[];
    }
  | {
      readonly kind: "status";
      /** Quarterdeck changes nothing: it was started to try it. */
      readonly isObserving?: boolean;
      /** Of many services the first ones. */
      readonly services: readonly { readonly name: string; readonly places: readonly PlaceStatus[] }[];
      /** How many services there are besides. */
      readonly more?: number;
      readonly runs: readonly RunRow[];
      /** What people have locked, and what rollbacks hold. */
      readonly locks?: readonly HandLock[];
      /** Why Applications are not used that carry labels of ours. */
      readonly problems?: readonly string[];
    };

export function notice(code: string, message: string, suggestions: readonly string[] = []): Answer {
  return { kind: "notice", code, message, ...(suggestions.length > 0 && { suggestions }) };
}
