import type { RunState } from "../domain/run-state.ts";
import type { HomeContent, HomeSource, WaitingGate } from "../engine/home-content.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { Directory, EventStore, PeopleStore } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { ApprovalRule } from "../domain/target.ts";
import { errorCode } from "../platform/errors.ts";
import { placeOf, type QueryDeps } from "./queries.ts";

export interface HomeSourceDeps extends Pick<QueryDeps, "servers" | "inventory" | "proofs"> {
  readonly events: Pick<EventStore, "listRuns">;
  readonly runs: Pick<RunService, "state">;
  readonly people: Pick<PeopleStore, "pseudonymOf">;
  readonly locks: Pick<LockDesk, "locks">;
  readonly directory: Pick<Directory, "groupMembers">;
}

// Runs that are looked at for gates and for those of the person; whoever has more of them asks for the history.
const MOST_OPEN = 100;
const MOST_LOOKED_AT = 300;
const MOST_OWN = 8;

/** Gathers the Home tab from the log's projections and from the newest copies of the Applications. */
export class HomeGatherer implements HomeSource {
  readonly #deps: HomeSourceDeps;

  constructor(deps: HomeSourceDeps) {
    this.#deps = deps;
  }

  async homeOf({ team, user }: { readonly team: string; readonly user: string }): Promise<HomeContent> {
    const { events, inventory, locks, people } = this.#deps;
    const me = people.pseudonymOf(team, user);
    const entitled = await Promise.all(
      this.#openGates().map(async (open) => ({ open, may: await this.#mayDecide(open, { me, user }) })),
    );
    return {
      waiting: entitled
        .filter(({ may }) => may === "yes")
        .map(({ open }) => open.gate)
        .toSorted((left, right) => left.expiresAt - right.expiresAt),
      isWaitingIncomplete: entitled.some(({ may }) => may === "unknown"),
      own: events
        .listRuns({ limit: MOST_LOOKED_AT })
        .filter(({ requester }) => requester === me)
        .slice(0, MOST_OWN),
      locks: locks.locks(),
      services: inventory.services.map(({ name, environments }) => ({
        name,
        places: environments.map((target) => placeOf(this.#deps, target)),
      })),
    };
  }

  #openGates(): readonly OpenGate[] {
    const { events, runs } = this.#deps;
    const waiting = events.listRuns({ openOnly: true, limit: MOST_OPEN }).filter(({ parked }) => parked);
    return waiting.flatMap(({ id }) => gatesOf(runs.state(id)));
  }

  /** For the tab only: the click itself is judged anew, with everything that can speak against it. */
  async #mayDecide(
    { rule, askers, decided }: OpenGate,
    { me, user }: { readonly me: string; readonly user: string },
  ): Promise<"yes" | "no" | "unknown"> {
    if (decided.includes(me) || (askers.includes(me) && !rule.requesterMayApprove)) return "no";
    let answer: "no" | "unknown" = "no";
    for (const approver of rule.from) {
      if (approver.kind === "user") {
        if (approver.user === user) return "yes";
        continue;
      }
      const members = await this.#members(approver.group);
      if (members?.includes(user) === true) return "yes";
      if (members === undefined) answer = "unknown";
    }
    return answer;
  }

  async #members(group: string): Promise<readonly string[] | undefined> {
    try {
      return await this.#deps.directory.groupMembers(group);
    } catch (error) {
      if (errorCode(error) === "directory.no-such-group") return [];
      if (errorCode(error) === "directory.unverifiable") return undefined;
      throw error;
    }
  }
}

interface OpenGate {
  readonly gate: WaitingGate;
  readonly rule: ApprovalRule;
  readonly askers: readonly string[];
  readonly decided: readonly string[];
}

function gatesOf(state: RunState): readonly OpenGate[] {
  return Array.from(state.steps.values()).flatMap(({ path, status, gate, voided }) => {
    if (status !== "running" || gate === undefined) return [];
    const { subject, rule, decisions, expiresAt } = gate;
    const { service, environment, fromRevision, toRevision } = subject;
    const approvals = decisions.filter(({ decision }) => decision === "approve").length;
    const place = { run: state.id, path, opening: voided.length, service, environment };
    const asked = { fromRevision, toRevision, requester: state.requester, expiresAt, approvals, quorum: rule.quorum };
    const askers = [state.requester, ...state.retries.map(({ actor }) => actor)];
    return [{ gate: { ...place, ...asked }, rule, askers, decided: decisions.map(({ actor }) => actor) }];
  });
}
