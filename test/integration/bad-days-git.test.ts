import { execa } from "execa";
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { DEMO_COMMITS } from "../../src/simulator/git-demo-repository.ts";
import type { GitFault } from "../../src/simulator/git-host.ts";
import { BadDay, words } from "../support/bad-day.ts";

const { checkoutLive: LIVE } = DEMO_COMMITS;

let day: BadDay;

beforeAll(async () => {
  day = await BadDay.open();
});

afterAll(() => day[Symbol.asyncDispose]());

afterEach(async () => {
  gitIs({ kind: "none" });
  await day.endRuns();
});

function gitIs(fault: GitFault): void {
  day.rig.world.git.setFault(fault);
}

/** The private answer to `/promote checkout REVISION to staging`, which starts nothing and is settled in the log. */
async function refusal(code: string, revision: string): Promise<string> {
  const before = day.runCount;
  const answer = await day.ask(`/promote checkout ${revision} to staging`);
  expect(day.runCount).toBe(before);
  expect(day.settled().code).toBe(code);
  return answer;
}

describe("a revision that nobody can deploy", () => {
  it("unknown: says where it was looked for, and what to check", async () => {
    expect(await refusal("revision.unknown", "9999999")).toMatch(
      /"9999999" is no branch, tag or commit of http.*deploy\.git\. Check the spelling, and that it was pushed\./u,
    );
  });

  it("almost a name: offers the one that was meant", async () => {
    expect(await refusal("revision.unknown", "checkout-1.5.1")).toContain("Did you mean `checkout-1.5.0`?");
  });

  it("ambiguous: lists the candidates with subject, author and age, harmless ones all of them", async () => {
    const answer = await day.ask("/promote checkout 1427 to staging");
    expect(answer).toMatch(/^`1427` means 2 commits\. Nothing was started\./u);
    expect(answer).toContain("`14272e61f248` checkout: 1.4.1, rounds gift cards to the cent (Chen Wei, <!date^");
    expect(answer).toContain(
      "`14270137eb0c` checkout: ∗time-out∗ of 3s &lt;!channel&gt; &lt;https://evil.example/|Approve&gt;",
    );
    expect(answer).toContain("Mallory ∗Bright∗ &amp; ˍSonsˍ");
    expect(answer).toContain("Send the command again with more digits.");
    expect(answer).not.toMatch(/<!channel>|<https:\/\/evil/u);
    expect(day.settled().kind).toBe("candidates");
  });

  it.each(["6edd2db", "experiment/dark-mode"])(
    "%s, on another branch: names that branch and the allowed ones",
    async (text) => {
      const answer = await refusal("revision.not-allowed", text);
      expect(answer).toContain(
        "6edd2db (web: dark mode, not for production yet) is not on a branch that may be deployed from (main): it is only on experiment/dark-mode.",
      );
      expect(answer).toContain("Merge it first, or name another commit.");
    },
  );

  it.each(["main~2", "HEAD@{1}", "../../etc/passwd", "a..b", "-n1"])(
    "%s: is told what a revision looks like",
    async (text) => {
      const before = day.rig.world.git.requests;
      const answer = await day.ask(`/promote checkout "${text}" to staging`);
      expect(answer).toMatch(
        /cannot be a revision: name a branch, a tag, or the first 4 or more digits of a commit\.|There is no flag/u,
      );
      expect(day.rig.world.git.requests).toBe(before);
    },
  );

  it("three digits: are too few to be looked up", async () => {
    expect(await refusal("revision.unknown", "abc")).toContain("A commit needs at least 4 of its digits.");
  });
});

describe("a Git host on a bad day", () => {
  it("down: a branch cannot be resolved, and the answer says whose fault it is", async () => {
    gitIs({ kind: "down" });
    expect(await refusal("git.unreachable", "main")).toMatch(
      /git fetch failed for http.*: the server does not answer\. Check that it is up .* Git said: .*Empty reply from server/u,
    );
  });

  it("down: a commit that was seen before is deployed all the same", async () => {
    gitIs({ kind: "down" });
    onTestFinished(() => day.renew("checkout-staging"));
    const run = await day.start("/promote checkout abc1236 to staging");
    await run.ended("succeeded");
    expect(day.deployments("checkout-staging").at(-1)).toBe(DEMO_COMMITS.target);
  });

  it("down: says of digits that were never seen that the host does not answer, not that they do not exist", async () => {
    gitIs({ kind: "down" });
    expect(await refusal("git.unreachable", "9999999")).toContain("the server does not answer");
  });

  it("refusing the credentials: says which to check, and asks no terminal", async () => {
    gitIs({ kind: "unauthorized" });
    expect(await refusal("git.authentication", "main")).toMatch(
      /the server refused the credentials\. Check that the token or key is set for this repository, has not expired/u,
    );
  });

  it("failing: says that it does not answer", async () => {
    gitIs({ kind: "error" });
    expect(await refusal("git.unreachable", "main")).toContain("The requested URL returned error: 500");
  });

  it("slow: is answered at once that it is looked into, and then with the run", async () => {
    gitIs({ kind: "slow", delayMs: 300 });
    onTestFinished(() => day.renew("checkout-staging"));
    const shown = await day.rig.type("U0BEN00001", "/promote checkout checkout-1.5.0 to staging");
    expect(shown).toContain("Looking into it");
    expect(await day.told("U0BEN00001", /run_/u)).toContain("Promote checkout abc1236 to staging");
  });

  it("silent: is given up when the time for a fetch is over", async () => {
    gitIs({ kind: "slow", delayMs: 60_000 });
    const before = day.rig.world.git.requests;
    const answer = refusal("git.timeout", "main");
    await day.until("the fetch to begin", () => day.rig.world.git.requests > before);
    day.clock.skip(120_000);
    expect(await answer).toMatch(
      /did not end within 120 s and was stopped.*Nothing was started; try again in a moment\./u,
    );
  });

  it("without the repository: says that there is none, or that it is hidden", async () => {
    const { spec } = day.application("checkout-staging");
    const repoURL = day.rig.world.git.repositoryUrl("harbor/gone.git");
    onTestFinished(() => day.renew("checkout-staging"));
    await day.remove("checkout-staging");
    const source = { ...spec.source, repoURL };
    await day.argocd.control({
      action: "create-application",
      definition: { name: "checkout-staging", spec: { ...spec, source } },
    });
    expect(await refusal("git.not-a-repository", "main")).toMatch(
      /there is no Git repository at this address, or the credentials do not let us see it\. Check the address/u,
    );
  });

  it("with rewritten history: a gate says that what is live is not in the repository any more", async () => {
    onTestFinished(() => day.renew("checkout-staging", "checkout-prod"));
    const lost = await day.push("checkout: on a branch that is deleted", {}, { branch: "lost", from: LIVE });
    await day.inArgocd("POST", "checkout-prod/sync", { name: "checkout-prod", revision: lost });
    await day.until("prod to be there", () => day.deployments("checkout-prod").at(-1) === lost);
    await day.until("that to be over", () => day.application("checkout-prod").operation === undefined);
    await execa("git", ["--git-dir", day.repositoryFolder, "branch", "-D", "lost"]);
    const run = await day.start("/promote checkout abc123 to prod");
    const gate = words(await run.gate());
    expect(gate).toContain(`:warning: What is live (${lost.slice(0, 7)}) is not in the repository any more.`);
    expect(gate).toContain("it is not known how the two revisions are related");
    await run.approve();
    await run.ended("succeeded");
  });

  it("away, when what is live has to be compared first: starts nothing on a guess", async () => {
    onTestFinished(() => day.renew("checkout-prod"));
    const unseen = await day.push("checkout: pushed and deployed while nobody looked", {});
    await day.inArgocd("POST", "checkout-prod/sync", { name: "checkout-prod", revision: unseen });
    await day.until("prod to be there", () => day.deployments("checkout-prod").at(-1) === unseen);
    gitIs({ kind: "down" });
    const answer = await day.ask("/promote checkout abc1236 to prod");
    expect(answer).toMatch(/the server does not answer.*Nothing was started; try again in a moment\./u);
    expect(day.settled().code).toBe("git.unreachable");
  });
});
