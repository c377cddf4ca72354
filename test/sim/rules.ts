import type { ApprovalRule, PlaceRule, Rules, RuleSince } from "./check/truth.ts";
import { ASKING, CANARIES, placesOf, type SettingsName, TIMES } from "./sim-settings.ts";
import { STANDARD_WORKSPACE } from "./slack/workspace.ts";

// Two ways of a request, with what the slowest of them takes.
const CARRY_MS = 250;
const ACCOUNT = "quarterdeck";

// A file that could not be used is tried again within this time.
const RELOAD_MS = 60_000;

interface Place extends PlaceRule {
  readonly approvals: (RuleSince & { hinderedUntil: number })[];
}

/** What the configurations of the simulation ask for, said once more and independently of them, for the checker. */
export class SimRules implements Rules {
  readonly places: readonly Place[];
  readonly team = STANDARD_WORKSPACE.team;
  readonly people = Object.fromEntries(STANDARD_WORKSPACE.people.map(({ id, standing }) => [id, standing]));
  readonly mayChange = ["S0DEV", "S0RELEASE"];
  readonly accounts = { U7: "U3" };
  readonly ownCommands = { twice: ["S0DEV"] };
  readonly account = ACCOUNT;
  readonly carryMs = CARRY_MS;
  readonly canaries = Object.values(CANARIES);
  #hinderedUntil = 0;

  constructor({ hasFleets = false }: { readonly hasFleets?: boolean | undefined } = {}) {
    this.places = Object.entries(placesOf(hasFleets)).flatMap(([service, environments]) =>
      environments.map((environment) => ({
        app: `main/argocd/${service}-${environment}`,
        service,
        environment,
        approvals: [],
        settleMs: TIMES.settleMs,
        degradedGraceMs: TIMES.degradedGraceMs,
        startDeadlineMs: TIMES.startDeadlineMs,
      })),
    );
  }

  /** From now on these settings count. */
  replaced(name: SettingsName, at: number): void {
    const hinderedUntil = Math.max(at, this.#hinderedUntil);
    for (const { approvals, environment } of this.places)
      approvals.push({ at, hinderedUntil, rule: ruleOf(name, environment) });
  }

  /** Nothing can be recorded for a while: settings that are not taken over by then stay as they are. */
  hindered(at: number, until: number): void {
    this.#hinderedUntil = Math.max(this.#hinderedUntil, until);
    for (const { approvals } of this.places) {
      const last = approvals.at(-1);
      if (last !== undefined && last.hinderedUntil + RELOAD_MS > at)
        last.hinderedUntil = Math.max(last.hinderedUntil, until);
    }
  }
}

function ruleOf(name: SettingsName, environment: string): ApprovalRule | undefined {
  const isAsked = ASKING.has(environment) || (name === "staging asks" && environment === "staging");
  if (!isAsked && environment !== "core") return undefined;
  const isDouble = environment === "core" || name === "two approvers";
  return {
    users: [],
    groups: [name === "other approvers" ? "S0DEV" : "S0RELEASE"],
    quorum: isDouble ? 2 : 1,
    requesterMayApprove: false,
  };
}
