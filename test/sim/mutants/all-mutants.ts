import { actMutants } from "./act-mutants.ts";
import { apiMutants } from "./api-mutants.ts";
import { assessMutants } from "./assess-mutants.ts";
import { carryMutants } from "./carry-mutants.ts";
import { chainMutants } from "./chain-mutants.ts";
import { domainMutants } from "./domain-mutants.ts";
import { fleetMutants } from "./fleet-mutants.ts";
import { forgeMutants } from "./forge-mutants.ts";
import { kindsMutants } from "./kinds-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { netMutants } from "./net-mutants.ts";
import { remoteMutants } from "./remote-mutants.ts";
import { scheduleMutants } from "./schedule-mutants.ts";
import { shipMutants } from "./ship-mutants.ts";
import { triggerMutants } from "./trigger-mutants.ts";

/** The part that is looked at in stories of its own. */
export const REMOTE = "workers";

/** The parts that are looked at in worlds of their own: kinds that wait for a word from outside, those that run programs or work with a forge, and what webhooks, schedules and programs start. */
export const KINDS = {
  waits: "kinds waits",
  programs: "kinds programs",
  forge: "kinds forge",
  net: "kinds net",
  triggers: "triggers",
  schedules: "schedules",
  api: "api",
} as const;

/** The part that is looked at in worlds with services in many places before any others. */
export const FLEETS = "fleets";

/** Every bug that is planted, by the part of the program in which it stands. */
export const allMutants: ReadonlyMap<string, readonly Mutant[]> = new Map([
  ["decide", domainMutants],
  ["chain", chainMutants],
  [FLEETS, fleetMutants],
  ["assess", assessMutants],
  ["act", actMutants],
  ["carry", carryMutants],
  [REMOTE, remoteMutants],
  [KINDS.waits, kindsMutants],
  [KINDS.programs, shipMutants],
  [KINDS.forge, forgeMutants],
  [KINDS.net, netMutants],
  [KINDS.triggers, triggerMutants],
  [KINDS.schedules, scheduleMutants],
  [KINDS.api, apiMutants],
]);
