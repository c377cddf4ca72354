/**
 * What stands where a person's workspace does, for those who ask for something and are no people: triggers, schedules, tokens. No
 * workspace of Slack has such an id.
 */
export const MACHINES = "machines";

export type MachineSort = "trigger" | "schedule" | "token";

/** Something that may ask for runs without being a person; what it may is said by grants, as for people. */
export interface Machine {
  readonly sort: MachineSort;
  /** As the configuration calls it. */
  readonly name: string;
}

/** `trigger:checkout-green`: what stands where a person's Slack id does. */
export function machineUser({ sort, name }: Machine): string {
  return `${sort}:${name}`;
}

/** The reverse; undefined for whoever is a person. */
export function tryMachine({ team, user }: { readonly team?: string; readonly user: string }): Machine | undefined {
  if (team !== MACHINES) return undefined;
  const [, sort, name] = /^(trigger|schedule|token):(.+)$/u.exec(user) ?? [];
  if (name === undefined) return undefined;
  if (sort === "trigger" || sort === "schedule" || sort === "token") return { sort, name };
  return undefined;
}

/** `the trigger checkout-green`, as messages call it. */
export function machineText({ sort, name }: Machine): string {
  return `the ${sort} ${name}`;
}
