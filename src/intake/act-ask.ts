import type { Acts } from "../commands/command-file.ts";
import type { Command } from "../commands/command.ts";
import type { Answer } from "../engine/answer.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { EventStore, Person } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { Inventory } from "../inventory/inventory.ts";
import type { JsonMap } from "../platform/canonical-json.ts";
import type { Clock } from "../platform/clock.ts";
import type { PeopleCheck } from "./people-check.ts";

export interface ActDeps {
  readonly commands: readonly Command[];
  readonly inventory: Inventory;
  readonly check: Pick<PeopleCheck, "mayAct" | "mayDecide">;
  readonly runs: Pick<RunService, "state" | "applyBeside">;
  readonly events: Pick<EventStore, "findRuns" | "listRuns">;
  readonly locks: Pick<LockDesk, "on" | "set" | "lift">;
  readonly clock: Clock;
}

/** Something that is done at once, without a chain of steps. */
export interface ActAsk {
  readonly command: Command;
  readonly acts: Acts;
  readonly verb: string;
  readonly values: JsonMap;
  readonly person: Person;
  /** Pseudonyms of those for whom a machine asks. */
  readonly behalf?: readonly string[] | undefined;
  /** Marks the request as dealt with, in the commit of the turn in which it is called. */
  readonly settle: (answer: Answer) => Promise<void>;
}
