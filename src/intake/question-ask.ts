import type { Command } from "../commands/command.ts";
import type { Machine } from "../domain/machine.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { EventStore, Person } from "../engine/ports.ts";
import type { RefusedDeliveries } from "../engine/question-answers.ts";
import type { RunService } from "../engine/run-service.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import type { PeopleCheck } from "./people-check.ts";
import type { QueryDeps } from "./queries.ts";
import type { RevisionDeps } from "./resolve-revision.ts";

/** What questions are answered from. */
export interface QuestionDeps extends QueryDeps, RevisionDeps {
  readonly commands: readonly Command[];
  readonly events: Pick<EventStore, "listRuns" | "findRuns" | "readRun" | "claims" | "pastIntents" | "intentResult">;
  /** Those that roles name: triggers, schedules, tokens. */
  readonly machines: () => readonly Machine[];
  /** What was posted to a trigger and not taken. */
  readonly refusedBy: (trigger: string) => RefusedDeliveries | undefined;
  readonly runs: Pick<RunService, "tryState" | "view">;
  readonly check: Pick<PeopleCheck, "granted" | "memberCounts" | "isApprover" | "mayAct">;
  readonly locks: Pick<LockDesk, "on" | "locks">;
  /** A new link to the page of a run; undefined where people cannot reach the server. */
  readonly pageOf: (run: string) => { readonly url: string; readonly until: number } | undefined;
}

/** A question, with what was typed for its inputs. */
export interface QuestionAsk {
  readonly command: Command;
  readonly values: JsonMap;
  readonly person: Person;
  readonly signal: AbortSignal;
}
