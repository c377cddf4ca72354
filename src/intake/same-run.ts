import type { Command } from "../commands/command.ts";
import type { RunState } from "../domain/run-state.ts";
import { Revision } from "../domain/target.ts";
import type { EventStore } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import { canonicalJson, isJsonMap, type Json, type JsonMap } from "../platform/canonical-json.ts";
import { inputsOf, type Resolved } from "./resolved-ask.ts";

interface Deps {
  readonly events: Pick<EventStore, "listRuns">;
  readonly runs: Pick<RunService, "starting" | "tryState">;
}

interface Asked {
  readonly command: Command;
  readonly values: JsonMap;
}

// Runs that are looked at. Of one service there are never as many of one command; of all together there may be hundreds of others.
const MOST_OPEN = { ofService: 100, ofAll: 1000 };

/**
 * The run that is doing the same thing, so that the same request twice is one run, also at the same moment. One that has
 * failed and only tells people so is none.
 */
export function findSameRun(deps: Deps, ask: Asked, resolved: Resolved): string | undefined {
  const { service, environment } = resolved;
  const where = { service: service?.name, environment: environment?.name };
  const limit = service === undefined ? MOST_OPEN.ofAll : MOST_OPEN.ofService;
  const open = deps.events.listRuns({ ...where, openOnly: true, limit });
  const ids = open.flatMap(({ id, command }) => (command === ask.command.id ? [id] : []));
  return [...deps.runs.starting, ...ids].find((run) => {
    // One that cannot be read is none that could be joined.
    const state = deps.runs.tryState(run);
    if (state?.plan.command !== ask.command.id || state.status !== "running") return false;
    return isThere(state, resolved) && isTheSame(state, ask, resolved);
  });
}

/** A place may have got another application since, which that run knows nothing of. */
function isThere({ targets }: RunState, { service, environment, targets: wanted }: Resolved): boolean {
  if (environment !== undefined && service !== undefined) {
    const [last, own] = [targets.at(-1), wanted.at(-1)];
    return last?.service === service.name && last.environment === environment.name && last.app === own?.app;
  }
  return targets.length === wanted.length && targets.every(({ app }, index) => app === wanted[index]?.app);
}

function isTheSame(state: RunState, { command, values }: Asked, resolved: Resolved): boolean {
  const { environment, revision } = resolved;
  const input = command.inputs.find(({ definition }) => definition.type === "revision");
  if (environment === undefined || revision === undefined || input === undefined) {
    return canonicalJson(named(state.inputs)) === canonicalJson(named(inputsOf({ command, values }, resolved)));
  }
  const isSameCommit = Revision.safeParse(state.inputs[input.name]).data?.sha === revision.sha;
  // Argo CD's own rollback brings back other sources than a sync at the same commit.
  return isSameCommit && (state.inputs["stored"] === true) === (values["stored"] === true);
}

/** What is meant by the inputs: the commit by whatever name, and the service and the environment whatever is known of them now. */
function named(inputs: Readonly<Record<string, Json>>): JsonMap {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [
      name,
      isJsonMap(value) ? (value["sha"] ?? value["name"] ?? null) : value,
    ]),
  );
}
