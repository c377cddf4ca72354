import type { IncidentFact, IncidentFactOf, SeenApp } from "./incident-fact.ts";
import type { IllHealth } from "./symptom.ts";

/** One application outside health, as the facts tell it. */
export interface Incident extends Omit<IncidentFactOf<"incident.opened">, "type" | "at" | "health"> {
  readonly openedAt: number;
  readonly health: IllHealth;
  readonly status: "open" | "recovered" | "deleted" | "left";
  /** How often it recovered and fell ill again soon after. */
  readonly flaps: number;
  /** When it was healthy again, or gone. */
  readonly endedAt: number | undefined;
  readonly changedAt: number;
}

/** Incidents that share one message. */
export interface IncidentGroup {
  readonly id: string;
  readonly kind: "first-sight" | "storm";
  readonly startedAt: number;
  /** When the last one joined. */
  readonly joinedAt: number;
  readonly incidents: readonly string[];
}

/** All incidents, by the facts about them: apply each fact once, in order. */
export class IncidentBook {
  readonly #incidents = new Map<string, Incident>();
  readonly #groups = new Map<string, IncidentGroup>();
  /** The newest incident of each application. */
  readonly #newest = new Map<string, string>();
  readonly #seen = new Map<string, SeenApp>();

  apply(fact: IncidentFact): void {
    if (fact.type === "apps.seen") {
      for (const app of fact.apps) this.#seen.set(app.app, app);
      return;
    }
    if (fact.type === "incident.opened") {
      this.#open(fact);
      return;
    }
    const incident = this.#incidents.get(fact.id);
    if (incident !== undefined) this.#incidents.set(fact.id, evolve(incident, fact));
  }

  /** The newest incident of an application, over or not. */
  of(app: string): Incident | undefined {
    const id = this.#newest.get(app);
    return id === undefined ? undefined : this.#incidents.get(id);
  }

  find(id: string): Incident | undefined {
    return this.#incidents.get(id);
  }

  group(id: string): IncidentGroup | undefined {
    return this.#groups.get(id);
  }

  /** The newest of its kind that an incident has joined since then. */
  groupSince(kind: IncidentGroup["kind"], since: number): IncidentGroup | undefined {
    return [...this.#groups.values()].findLast((group) => group.kind === kind && group.joinedAt >= since);
  }

  /** Incidents with something new since then, and those that are open. */
  changedSince(since: number): readonly Incident[] {
    return [...this.#incidents.values()].filter(({ status, changedAt }) => status === "open" || changedAt >= since);
  }

  /** How many with a message of their own were opened since then. */
  openedAloneSince(since: number): number {
    let count = 0;
    for (const { group, openedAt } of this.#incidents.values()) if (group === null && openedAt >= since) count += 1;
    return count;
  }

  /** How an application was when it was looked at for the first time; undefined before that. */
  firstSeen(app: string): SeenApp | undefined {
    return this.#seen.get(app);
  }

  #open({ type: _type, at, ...fact }: IncidentFactOf<"incident.opened">): void {
    const begun = { openedAt: at, changedAt: at, status: "open", flaps: 0, endedAt: undefined } as const;
    this.#incidents.set(fact.id, { ...fact, ...begun });
    this.#newest.set(fact.app, fact.id);
    if (fact.group === null) return;
    const { id, kind } = fact.group;
    const known = this.#groups.get(id);
    const incidents = [...(known?.incidents ?? []), fact.id];
    this.#groups.set(id, { id, kind, startedAt: known?.startedAt ?? at, joinedAt: at, incidents });
  }
}

type Later = Exclude<IncidentFact, { type: "apps.seen" | "incident.opened" }>;

function evolve(incident: Incident, fact: Later): Incident {
  const changedAt = fact.at;
  switch (fact.type) {
    case "incident.changed":
      return { ...incident, health: fact.health, resources: fact.resources, changedAt };
    case "incident.recovered":
      return { ...incident, status: "recovered", endedAt: fact.since, changedAt };
    case "incident.relapsed": {
      const flaps = incident.flaps + 1;
      return { ...incident, status: "open", health: fact.health, flaps, endedAt: undefined, changedAt };
    }
    case "incident.closed":
      return { ...incident, status: fact.reason, endedAt: fact.at, changedAt };
  }
}
