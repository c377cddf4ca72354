import { approvalsSoFar } from "../domain/gate-quorum.ts";
import { askersOf } from "../domain/askers.ts";
import type { RunState } from "../domain/run-state.ts";
import type { HomeContent, HomeSource, WaitingGate } from "../engine/home-content.ts";
import type { LockDesk } from "../engine/lock-desk.ts";
import type { EventStore, PeopleStore, Person } from "../engine/ports.ts";
import type { RunService } from "../engine/run-service.ts";
import type { ApprovalRule } from "../domain/target.ts";
import type { PeopleCheck } from "./people-check.ts";
import { placeOf, type QueryDeps } from "./queries.ts";

export interface HomeSourceDeps extends Pick<QueryDeps, "servers" | "inventory" | "proofs"> {
  readonly events: Pick<EventStore, "listRuns">;
  readonly runs: Pick<RunService, "state">;
  readonly people: Pick<PeopleStore, "tryPseudonym">;
  readonly locks: Pick<LockDesk, "locks">;
  readonly check: Pick<PeopleCheck, "isApprover">;
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
    // Whoever only looks is not recorded, and has asked for nothing and decided nothing.
    const me = { pseudonym: people.tryPseudonym(team, user) ?? "", team, user };
    const judged = await Promise.all(
      this.#openGates(me).map(async ({ gate, rule }) => ({ gate, may: await this.#deps.check.isApprover(me, rule) })),
    );
    return {
      waiting: judged
        .flatMap(({ gate, may }) => (may === true ? [gate] : []))
        .toSorted((left, right) => left.expiresAt - right.expiresAt),
      isWaitingIncomplete: judged.some(({ may }) => may === undefined),
      own: events
        .listRuns({ limit: MOST_LOOKED_AT })
        .filter(({ requester }) => requester === me.pseudonym)
        .slice(0, MOST_OWN),
      locks: locks.locks(),
      services: inventory.services.map(({ name, environments }) => ({
        name,
        places: environments.map((target) => placeOf(this.#deps, target)),
      })),
    };
  }

  /** Those that are left to this person by what the log says; the click itself is judged anew, with everything that can speak against it. */
  #openGates({ pseudonym: me }: Person): readonly OpenGate[] {
    const { events, runs } = this.#deps;
    const waiting = events.listRuns({ openOnly: true, limit: MOST_OPEN }).filter(({ gates }) => gates > 0);
    return waiting
      .flatMap(({ id }) => gatesOf(runs.state(id)))
      .filter(({ rule, askers, decided }) => {
        return (
          !decided.includes(me) &&
          rule.notBy?.includes(me) !== true &&
          (rule.requesterMayApprove || !askers.includes(me))
        );
      });
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
    const { needed: quorum, given: approvals } = approvalsSoFar(rule, decisions);
    const place = { run: state.id, path, opening: voided.length, service, environment, title: state.title };
    const asked = { fromRevision, toRevision, requester: state.requester, expiresAt, approvals, quorum };
    const askers = askersOf(state);
    return [{ gate: { ...place, ...asked }, rule, askers, decided: decisions.map(({ actor }) => actor) }];
  });
}
