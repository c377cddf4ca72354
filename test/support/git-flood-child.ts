import { GitProgram } from "../../src/git/git-program.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { errorCode } from "../../src/platform/errors.ts";

/** Runs a program as git, quietly and then with a command that makes it write without end, and tells by how much memory grew. */
const [program = "", home = "", command = ""] = process.argv.slice(2);
const git = new GitProgram({ program, home, environment: process.env, clock: systemClock });
const call = { about: "https://host/acme/deploy.git", timeoutMs: 60_000 };

const peakKiB = (): number => process.resourceUsage().maxRSS;

await git.run({ ...call, command: "quiet" });
const before = peakKiB();
const codes: string[] = [];
await git.run({ ...call, command }).catch((error: unknown) => codes.push(errorCode(error)));
process.stdout.write(JSON.stringify({ grownKiB: peakKiB() - before, codes }));
