import { rightConfiguration } from "../../../support/configured.ts";
import type { Scope } from "../../../../src/api/api-token.ts";

/** A person who has a token for herself. */
const ANA = "U0ANA";
/** Those who may approve what others ask for. */
export const APPROVERS = [ANA, "U0BEN", "U0EVE"] as const;
/** Nobody asks for anything in this one's name. */
export const REFEREE = "U0REF";

/** What a token of the world is made as, and what whoever has it may do by the grants: all of a verb everywhere, or in one place alone. */
export interface Cast {
  readonly scopes: readonly Scope[];
  readonly owner?: string;
  readonly may: "all" | "checkout in staging" | "nothing";
}

const ALL: readonly Scope[] = ["run", "read", "cancel", "retry"];

/** Tokens by name. */
export const CAST: Readonly<Record<string, Cast>> = {
  ci: { scopes: ALL, may: "all" },
  deployer: { scopes: ALL, may: "all" },
  starter: { scopes: ["run"], may: "all" },
  reader: { scopes: ["read"], may: "all" },
  stopper: { scopes: ["cancel", "read"], may: "all" },
  retrier: { scopes: ["retry"], may: "all" },
  ana: { scopes: ALL, owner: ANA, may: "all" },
  narrow: { scopes: ALL, may: "checkout in staging" },
  stranger: { scopes: ALL, may: "nothing" },
  // Made when everything calms down, and left alone.
  closer: { scopes: ALL, may: "all" },
};

/** Those who are there from the beginning. */
export const NAMES = Object.keys(CAST).filter((name) => name !== "closer");

const named = Object.entries(CAST).flatMap(([name, { may }]) => (may === "all" ? [`{ token: ${name} }`] : []));

export const CONFIGURATION = rightConfiguration
  .replace("roles:\n", `roles:\n  ci: [${named.join(", ")}]\n  one: [{ token: narrow }]\n  anybody: [everyone]\n`)
  .replace(
    "grants:\n",
    `grants:
  - { role: ci, verbs: [count, work, ship], services: all, environments: all }
  - { role: one, verbs: [ship], services: [checkout], environments: [staging] }
  - { role: anybody, verbs: [count, work, ship], services: all, environments: all }
`,
  );

/** By their ids: one that ends by itself, one whose step somebody has to execute, and one for a place, with people who approve. */
export const COMMANDS: Readonly<Record<string, string>> = {
  count: `name: Count
summary: Ends soon by itself
on: { slash: /qd count <number> }
inputs: { number: { type: string } }
steps:
  - { id: pause, uses: delay, with: { for: 2s } }
`,
  work: `name: Work
summary: Somebody has to do it
on: { slash: /qd work <number> }
inputs: { number: { type: string } }
steps:
  - { id: pause, uses: delay, with: { for: 1s } }
  - { id: job, uses: slack/message, with: { text: "\${{ number }}" } }
`,
  ship: `name: Ship
summary: A revision to a place
on: { slash: /qd ship <service> in <environment> at <revision> }
inputs:
  service: { type: service }
  environment: { type: environment, of: service }
  revision: { type: revision, of: service, in: environment }
steps:
  - id: gate
    if: \${{ has(environment.approval) }}
    uses: approval
    with: { app: "\${{ environment.app }}", revision: "\${{ revision.sha }}", prompt: "Ship \${{ revision.short }}?" }
  - { id: job, uses: slack/message, with: { text: "\${{ service.name }}" } }
`,
};

export const PLACES = [
  { service: "checkout", environment: "staging" },
  { service: "checkout", environment: "prod" },
  { service: "checkout", environment: "prod" },
  { service: "payments", environment: "staging" },
] as const;
