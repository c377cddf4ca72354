import { execa } from "execa";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";

import { GitProgram, type GitCall, type GitProgramDeps } from "../../src/git/git-program.ts";
import { systemClock, type Clock } from "../../src/platform/clock.ts";
import { AppError } from "../../src/platform/errors.ts";
import { appErrorOf } from "../support/app-error-of.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { GitWorkbench } from "../support/git-workbench.ts";
import { eventually } from "../support/eventually.ts";

const CALL: GitCall = { command: "fetch", about: "https://host/acme/deploy.git", timeoutMs: 20_000 };
// Every stub stands in for git, so it has to tell a good version first.
const VERSION = 'if [ "$1" = version ]; then echo "git version 2.39.5"; exit 0; fi';

/** What the child says that had a program write without end. */
const Grown = z.object({ grownKiB: z.number(), codes: z.array(z.string()) });

/** Those that still run. A killed child whose parent is gone stays as a zombie until the system's first process collects it. */
async function running(pids: readonly number[]): Promise<readonly string[]> {
  const { stdout } = await execa("ps", ["-o", "stat=,pid=,args=", "-p", pids.join(",")], { reject: false });
  return stdout.split("\n").filter((line) => line !== "" && !line.trim().startsWith("Z"));
}

describe("the git program", () => {
  let bench: GitWorkbench;
  let program: GitProgram | undefined;

  beforeAll(async () => {
    bench = await GitWorkbench.create();
  });
  afterAll(() => bench[Symbol.asyncDispose]());
  beforeEach(() => rm(join(bench.folder, "pids"), { force: true }));
  afterEach(() => program?.[Symbol.asyncDispose]());

  const use = (path: string, { environment = {}, clock = systemClock }: Partial<GitProgramDeps> = {}): GitProgram => {
    program = new GitProgram({
      program: path,
      home: bench.folder,
      environment: { PATH: process.env["PATH"], ...environment },
      clock,
    });
    return program;
  };
  const stub = async (lines: string, clock: Clock = systemClock): Promise<GitProgram> =>
    use(await bench.script("git-stub", `${VERSION}\n${lines}`), { clock });
  /** A git that ignores SIGTERM and has a child that does so too, both of which say who they are. */
  const stubborn = (clock: Clock = systemClock): Promise<GitProgram> => {
    const pids = `'${join(bench.folder, "pids")}'`;
    return stub(
      `trap '' TERM\n(trap '' TERM; while :; do sleep 1; done) &\necho "$$ $!" > ${pids}.part; mv ${pids}.part ${pids}\nwhile :; do sleep 1; done`,
      clock,
    );
  };
  const pids = (): Promise<readonly number[]> =>
    eventually(async () => (await readFile(join(bench.folder, "pids"), "utf8")).trim().split(" ").map(Number));
  test("gets its arguments as a vector, never through a shell", async () => {
    const git = await stub('for word in "$@"; do printf "<%s>" "$word"; done');
    const { stdout } = await git.run({ ...CALL, operands: ["$(touch /tmp/x)", "a b;c"], paths: ["-rf", "*"] });
    expect(stdout).toBe("<fetch><$(touch /tmp/x)><a b;c><--><-rf><*>");
  });

  test.each(["--upload-pack=touch /tmp/pwned", "-c", "--output=/etc/passwd"])(
    "refuses %s as an operand",
    async (operand) => {
      const git = await stub("echo started");
      expect((await appErrorOf(git.run({ ...CALL, operands: [operand] }))).code).toBe("git.argument");
    },
  );

  test("refuses a NUL character", async () => {
    const git = await stub("echo started");
    expect((await appErrorOf(git.run({ ...CALL, operands: ["a\0b"] }))).code).toBe("git.argument");
  });

  test("sees nothing of the server's environment", async () => {
    program = use(await bench.script("git-stub", `${VERSION}\nenv`), {
      environment: { SLACK_BOT_TOKEN: "xoxb-canary", GIT_TRACE: "2" },
    });
    const { stdout } = await program.run(CALL);
    expect(stdout).toContain("GIT_TERMINAL_PROMPT=0");
    expect(stdout).not.toMatch(/canary|GIT_TRACE/u);
  });

  test("shows no secret in an error, neither plain nor encoded", async () => {
    const secret = "canary-t0ken/42";
    const basic = Buffer.from(`oauth2:${secret}`).toString("base64");
    const git = await stub(
      `echo "fatal: bad header Authorization: Basic ${basic} for ${secret} ${encodeURIComponent(secret)}" >&2; exit 128`,
    );
    const { message } = await appErrorOf(git.run({ ...CALL, secrets: [secret, `oauth2:${secret}`] }));
    expect(message).toContain("«secret»");
    expect(message).not.toContain("canary");
    expect(message).not.toContain(basic);
  });

  test("is ended with all its children within a second of an abort, even when it ignores SIGTERM", async () => {
    const clock = new FakeClock();
    const git = await stubborn(clock);
    const abort = new AbortController();
    const outcome = appErrorOf(git.run({ ...CALL, signal: abort.signal }));
    const group = await pids();
    abort.abort(new AppError("stopped by the test", { code: "test.stopped" }));
    await clock.advance(1000);
    expect((await outcome).code).toBe("test.stopped");
    await eventually(async () => expect(await running(group)).toEqual([]));
    expect(clock.pendingTimers).toBe(0);
  });

  test("is ended when its time is up, with an error that says how long it had", async () => {
    const clock = new FakeClock();
    const git = await stubborn(clock);
    const outcome = appErrorOf(git.run({ ...CALL, timeoutMs: 15_000 }));
    const group = await pids();
    await clock.advance(16_000);
    const error = await outcome;
    expect(error).toMatchObject({ code: "git.timeout", retry: "backoff" });
    expect(error.message).toMatch(/did not end within 15 s/u);
    await eventually(async () => expect(await running(group)).toEqual([]));
  });

  test("is ended when Quarterdeck stops, and not started again", async () => {
    const git = await stubborn();
    const outcome = appErrorOf(git.run(CALL));
    const group = await pids();
    await git[Symbol.asyncDispose]();
    expect((await outcome).code).toBe("git.stopped");
    await eventually(async () => expect(await running(group)).toEqual([]));
    expect((await appErrorOf(git.run(CALL))).code).toBe("git.stopped");
  });

  test("is ended when it writes without end", async () => {
    const git = await stub("yes");
    const error = await appErrorOf(git.run(CALL));
    expect(error.code).toBe("git.too-big");
  });

  test("is held in bounded memory when it writes a gibibyte, or complains as much", async () => {
    const flood = (bytes: number): string => `yes "a line of text" | head -c ${bytes}`;
    const path = await bench.script(
      "git-stub",
      `${VERSION}\ncase "$1" in flood) ${flood(2 ** 30)} ;; flood-errors) ${flood(2 ** 30)} >&2 ;; flood-both) ${flood(2 ** 29)} & ${flood(2 ** 29)} >&2 ;; esac`,
    );
    const child = new URL("../support/git-flood-child.ts", import.meta.url).pathname;
    for (const command of ["flood", "flood-errors", "flood-both"]) {
      const { stdout } = await execa(process.execPath, [child, path, bench.folder, command]);
      const { grownKiB, codes } = Grown.parse(JSON.parse(stdout));
      expect(codes).toEqual(["git.too-big"]);
      expect(grownKiB).toBeLessThan(32 * 1024);
    }
  });

  test("still says why it failed when it complained a lot before", async () => {
    const git = await stub(
      'yes "warning: a reference is odd" | head -c 1000000 >&2; echo "fatal: the end" >&2; exit 128',
    );
    expect((await appErrorOf(git.run(CALL))).message).toContain("the end");
  });

  test("leaves nothing running that it has started and not waited for", async () => {
    const file = join(bench.folder, "pids");
    const git = await stub(`(while :; do sleep 1; done) >/dev/null 2>&1 &\necho "$!" > '${file}'; echo done`);
    expect((await git.run(CALL)).stdout).toBe("done\n");
    const left = await pids();
    await eventually(async () => expect(await running(left)).toEqual([]));
  });

  test("is not started for a call that was aborted before", async () => {
    const git = await stub("echo started");
    const reason = new AppError("gone", { code: "test.gone" });
    expect(await appErrorOf(git.run({ ...CALL, signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  test("that is missing is told with the way to install it", async () => {
    const error = await appErrorOf(use(join(bench.folder, "no-such-git")).run(CALL));
    expect(error.code).toBe("git.missing-program");
    expect(error.message).toContain("apt-get install git");
  });

  test("that is too old is told, and asked again after it was replaced", async () => {
    const path = await bench.script("git-stub", 'echo "git version 2.20.1"');
    const git = use(path);
    expect((await appErrorOf(git.run(CALL))).code).toBe("git.too-old");
    await bench.script("git-stub", `${VERSION}\necho new`);
    expect((await git.run(CALL)).stdout).toBe("new\n");
  });

  test("that was killed by the system is told as such", async () => {
    const git = await stub("kill -9 $$");
    expect((await appErrorOf(git.run(CALL))).message).toMatch(/ended by SIGKILL/u);
  });

  test("leaves no process of this test behind", async () => {
    const { stdout } = await execa("ps", ["-eo", "args"]);
    expect(stdout).not.toContain(join(bench.folder, "git-stub"));
  });
});
