import { tryIsoTime } from "../platform/clock.ts";
import type { Finding, Subject } from "./finding.ts";

const NOTED_MS = 30_000;
// Slack's signed requests are good for five minutes, and tokens are compared with the clock of whoever checks them.
const HARMFUL_MS = 240_000;

/** Compares this machine's clock with the `Date` header of an answer that came at `nowMs`. */
export function clockSkew(about: Subject, date: string | undefined, nowMs: number): readonly Finding[] {
  const theirs = date === undefined ? undefined : tryIsoTime(date);
  if (theirs === undefined) return [];
  const seconds = Math.round((nowMs - theirs) / 1000);
  const away = Math.abs(seconds) * 1000;
  if (away < NOTED_MS) return [about.ok("its clock and this machine's agree")];
  const what = `this machine's clock is ${Math.abs(seconds)} s ${seconds > 0 ? "ahead of" : "behind"} it`;
  const why = "signatures, tokens and deadlines are compared with the clock, and the log would tell wrong times";
  const mend = "synchronise the clock of this machine (chrony, systemd-timesyncd)";
  return [away < HARMFUL_MS ? about.warning({ what, why, mend }) : about.problem({ what, why, mend })];
}
