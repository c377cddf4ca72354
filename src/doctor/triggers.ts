import { isLoopback } from "../config/loopback.ts";
import { type Finding, Subject } from "./finding.ts";

export interface TriggersQuestion {
  /** Those to which others post, by name. */
  readonly posted: readonly string[];
  /** Where people and senders reach the server from outside, as `QUARTERDECK_PUBLIC_URL` says. */
  readonly publicUrl: string | undefined;
  /** Whether the server listens on this machine alone. */
  readonly isLocal: boolean;
}

/** Where senders have to post, and whether they can get there as far as the configuration tells. Whether a sender does is in `/qd triggers`. */
export function triggerFindings({ posted, publicUrl, isLocal }: TriggersQuestion): readonly Finding[] {
  if (posted.length === 0) return [];
  const about = new Subject("configuration", "triggers");
  const names =
    posted.length > 3 ? `${posted.slice(0, 3).join(", ")} and ${posted.length - 3} more` : posted.join(", ");
  const where = `${publicUrl ?? "http://THIS-SERVER"}/triggers/NAME`;
  if (publicUrl !== undefined && isLoopback(URL.parse(publicUrl)?.hostname ?? "")) {
    return [
      about.warning({
        what: `senders of ${names} would post to ${where}, which is this machine`,
        why: "nobody reaches that from elsewhere; it is fine for senders on this machine alone",
        mend: "set QUARTERDECK_PUBLIC_URL to the address of the proxy that passes /triggers/ on",
      }),
    ];
  }
  if (publicUrl !== undefined || !isLocal) return [about.ok(`senders post to ${where} (${names})`)];
  return [
    about.warning({
      what: `senders of ${names} have no address to post to`,
      why: "the server listens on this machine alone, and QUARTERDECK_PUBLIC_URL says nothing of a proxy before it",
      mend: "put a proxy with TLS before it that passes /triggers/ on, and set QUARTERDECK_PUBLIC_URL to its address",
    }),
  ];
}
