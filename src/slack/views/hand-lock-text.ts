import type { HandLock } from "../../domain/hand-lock.ts";
import { shortId } from "../../platform/ids.ts";
import { code, dateToken, inert } from "../mrkdwn.ts";
import { personText } from "./person-text.ts";
import type { ViewLookups } from "./view-lookups.ts";

/** `checkout/prod is locked by @ana since 14:02: database migration, until 16:02` */
export function handLockText({ key, owner, reason, since, until, run }: HandLock, lookups: ViewLookups): string {
  const who = personText(owner, lookups);
  const how = run === undefined ? `locked by ${who}` : `held by the rollback ${code(shortId(run), 40)} of ${who}`;
  const end = until === undefined ? "until it is unlocked" : `until ${dateToken(until, "{date_short_pretty} {time}")}`;
  return `${code(key, 120)} is ${how} since ${dateToken(since, "{date_short_pretty} {time}")}: ${inert(reason, 300)} (${end})`;
}

/** What to type to lift it. */
export function unlockCommand(
  { key }: Pick<HandLock, "key">,
  { mainCommand }: Pick<ViewLookups, "mainCommand">,
): string {
  const slash = key.lastIndexOf("/");
  return `${mainCommand()} unlock ${key.slice(0, slash)} in ${key.slice(slash + 1)}`;
}
