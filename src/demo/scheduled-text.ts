import { civilTime } from "../platform/civil-time.ts";

/** A schedule as somebody writes it into the configuration, in a role of its own. */
export interface WrittenSchedule {
  readonly name: string;
  /** When it is due, in milliseconds since the epoch; every day at that second. */
  readonly dueAt: number;
  readonly missed?: "skip" | "last";
  readonly command: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Where its role may do that; nowhere when empty. */
  readonly grantedIn: readonly string[];
}

const ZONE = "UTC";

/** A configuration of the demo with schedules, and what they may. */
export function withSchedules(text: string, schedules: readonly WrittenSchedule[]): string {
  const roles = schedules.map(({ name }) => `  ${name}: [{ schedule: ${name} }]\n`);
  const grants = schedules.flatMap(({ name, command, inputs: { service }, grantedIn }) => {
    if (grantedIn.length === 0) return [];
    return [`  - ${JSON.stringify({ role: name, verbs: [command], services: [service], environments: grantedIn })}\n`];
  });
  const entries = schedules.map(({ name, dueAt, missed = "last", command, inputs }) => {
    const entry = { name, cron: cronOf(dueAt), "time-zone": ZONE, missed, start: { command, inputs } };
    return `  - ${JSON.stringify(entry)}\n`;
  });
  return `${text
    .replace(/^roles:\n/mu, `$&${roles.join("")}`)
    .replace(/^grants:\n/mu, `$&${grants.join("")}`)}\nschedules:\n${entries.join("")}`;
}

/** What clocks show then, with seconds. */
export function clockText(atMs: number): string {
  const { hour, minute, second } = partsOf(atMs);
  return [hour, minute, second].map((part) => String(part).padStart(2, "0")).join(":");
}

function cronOf(atMs: number): string {
  const { hour, minute, second } = partsOf(atMs);
  return `${second} ${minute} ${hour} * * *`;
}

function partsOf(atMs: number): { readonly hour: number; readonly minute: number; readonly second: number } {
  const { minute } = civilTime(atMs, ZONE);
  return { hour: Math.floor(minute / 60), minute: minute % 60, second: Math.floor(atMs / 1000) % 60 };
}
