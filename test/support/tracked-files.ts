import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What `git` says about this repository, line by line; undefined in a copy that is no clone. */
export function tryGitLines(...args: readonly string[]): readonly string[] | undefined {
  try {
    const text = execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8", stdio: "pipe", maxBuffer: 2 ** 26 });
    return text.split("\n").filter((line) => line !== "");
  } catch {
    return undefined;
  }
}
