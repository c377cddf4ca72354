import { errorText } from "../platform/errors.ts";
import { type Finding, Subject } from "./finding.ts";

interface Facts {
  readonly version: string;
  readonly policy: string;
}

const OLDEST_MAJOR = 6;

/** Whether Redis can be reached with the password of REDIS_URL, is new enough and throws nothing away by itself. */
export async function redis(ask: () => Promise<Facts>): Promise<readonly Finding[]> {
  const about = new Subject("redis", "REDIS_URL");
  let facts: Facts;
  try {
    facts = await ask();
  } catch (error) {
    const why = "no worker gets anything to do";
    const mend =
      "check its address, user and password, and whether it is up; or remove REDIS_URL to do without workers";
    return [about.problem({ what: `it cannot be used (${errorText(error)})`, why, mend })];
  }
  const findings: Finding[] = [];
  if (Number.parseInt(facts.version, 10) < OLDEST_MAJOR) {
    const why = "the queue needs commands that it does not have";
    findings.push(about.problem({ what: `it is version ${facts.version}`, why, mend: "use Redis 6.2 or newer" }));
  }
  if (facts.policy !== "" && facts.policy !== "noeviction") {
    const what = `with full memory it throws keys away (${facts.policy})`;
    const why = "jobs would vanish, and are handed out again only when that is noticed";
    findings.push(about.warning({ what, why, mend: "set maxmemory-policy to noeviction" }));
  }
  return findings.length > 0 ? findings : [about.ok(`version ${facts.version}`)];
}
