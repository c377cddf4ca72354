import { type Finding, Subject } from "./finding.ts";

/** Whether this Node is new enough; `version` and `needed` are such as `24.21.0` and `>=24.12`. */
export function nodeVersion(version: string, needed: string): Finding {
  const about = new Subject("program", "Node");
  const [have, want] = [version, needed.replace(/^>=/u, "")].map((text) => text.split(".").map(Number));
  const [major = 0, minor = 0] = have ?? [];
  const [wantedMajor = 0, wantedMinor = 0] = want ?? [];
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return about.ok(`version ${version}`);
  const why = "the program does not start with it";
  return about.problem({
    what: `it is version ${version}`,
    why,
    mend: `install Node ${needed.replace(/^>=/u, "")} or newer`,
  });
}
