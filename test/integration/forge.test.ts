import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, onTestFinished } from "vitest";

import type { StepKind } from "../../src/engine/step-kind.ts";
import { systemClock } from "../../src/platform/clock.ts";
import type { CiJob } from "../../src/simulator/forge-ci.ts";
import { ForgeSimulator } from "../../src/simulator/forge-simulator.ts";
import { GitRepository } from "../../src/simulator/git-repository.ts";
import type { ForgeDeps } from "../../src/steps/forge/forge-input.ts";
import { gitMerge } from "../../src/steps/forge/git-merge.ts";
import { gitMerged } from "../../src/steps/forge/git-merged.ts";
import { gitPullRequest } from "../../src/steps/forge/git-pull-request.ts";
import { githubChecks } from "../../src/steps/forge/github-checks.ts";
import { gitlabPipeline } from "../../src/steps/forge/gitlab-pipeline.ts";
import { systemLookup } from "../../src/steps/network/checked-addresses.ts";
import { httpSender } from "../../src/steps/network/http-call.ts";
import { SkippingClock } from "../support/skipping-clock.ts";
import { StepBench } from "../support/step-bench.ts";

const TOKEN = "token-that-may-write";
const READER = "token-that-may-read";
const ANA = { name: "Ana", email: "ana@example.com" };
const GREEN: CiJob = { name: "unit tests", afterMs: 0, conclusion: "success" };

interface Stage {
  readonly forge: ForgeSimulator;
  readonly repository: GitRepository;
  readonly clock: SkippingClock;
  /** The first commit of main, and the one of the branch `release`. */
  readonly main: string;
  readonly release: string;
  readonly bench: (make: (deps: ForgeDeps) => StepKind) => StepBench;
  /** The input of a step, for either forge. */
  readonly input: (way: Way, more?: Readonly<Record<string, unknown>>) => Readonly<Record<string, unknown>>;
}

type Way = "github" | "gitlab";

async function open(ci: (sha: string) => readonly CiJob[] = () => [GREEN]): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "quarterdeck-forge-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const repository = await GitRepository.create(join(folder, "deploy.git"));
  const main = await repository.commit({
    author: ANA,
    message: "first",
    files: { "app.yaml": "image: 1\n", other: "x" },
  });
  const change = { author: ANA, message: "release", files: { "app.yaml": "image: 2\n" } };
  const release = await repository.commit({ ...change, branch: "release", from: main });
  const clock = new SkippingClock();
  const forge = await ForgeSimulator.start({
    clock,
    repositories: { "harbor/deploy": repository.folder },
    tokens: {
      [TOKEN]: { user: "quarterdeck", rights: ["read", "write"] },
      [READER]: { user: "reader", rights: ["read"] },
    },
    ci,
  });
  onTestFinished(() => forge[Symbol.asyncDispose]());
  const deps: ForgeDeps = {
    clock,
    send: httpSender({ clock: systemClock, lookup: systemLookup }),
    networkPolicy: () => ({ privateAddresses: "allow", allow: [] }),
  };
  return {
    forge,
    repository,
    clock,
    main,
    release,
    bench: (make) => new StepBench(make(deps), clock.now()),
    input: (way, more = {}) => ({
      repository: "harbor/deploy",
      api: way === "github" ? forge.githubApi : forge.gitlabApi,
      token: TOKEN,
      ...more,
    }),
  };
}

const WAYS: readonly Way[] = ["github", "gitlab"];

describe("github/checks on the simulated GitHub", () => {
  it("waits for jobs that take their time, and reads a page after another", async () => {
    const jobs = Array.from({ length: 130 }, (_, at): CiJob => ({
      name: `job ${at}`,
      afterMs: 5000,
      conclusion: "success",
    }));
    const { bench, input, release, forge, clock } = await open(() => jobs);
    const step = bench(githubChecks);
    const running = step.run(input("github", { revision: release, settle: 0 }));
    await expect
      .poll(() => step.progress.at(-1)?.text)
      .toMatch(/0 of 130 green; waiting for "job \d+", "job \d+", "job \d+" and 127 more/u);
    clock.skip(20_000);
    expect(await running).toMatchObject({
      status: "succeeded",
      output: { total: 130, url: `${forge.url}/harbor/deploy/commit/${release}` },
    });
    expect(forge.requests.some((request) => request.includes("check-runs") && request.includes("page=2"))).toBe(true);
  });

  it("fails with the link of what is red, and goes on when it was run again", async () => {
    const { bench, input, release, forge } = await open(() => [{ ...GREEN, conclusion: "failure" }]);
    const failure = await bench(githubChecks).failure(input("github", { revision: release, required: ["unit tests"] }));
    expect(failure).toMatchObject({
      code: "github.check-failed",
      message: expect.stringContaining(`${forge.url}/harbor/deploy/runs/`),
    });
    forge.project("harbor/deploy").ci.start(release, GREEN);
    expect(
      await bench(githubChecks).run(input("github", { revision: release, required: ["unit tests"] })),
    ).toMatchObject({ status: "succeeded" });
  });

  it("waits for a workflow, and holds a commit status against the same name", async () => {
    const { bench, input, release, forge } = await open();
    const { ci } = forge.project("harbor/deploy");
    ci.say(release, { context: "unit tests", state: "failure", url: "https://ci.example.com/1" });
    const asked = input("github", { revision: release, required: ["unit tests"], workflow: "ci.yaml" });
    expect((await bench(githubChecks).failure(asked)).message).toContain("https://ci.example.com/1");
    ci.say(release, { context: "unit tests", state: "success", url: null });
    expect(await bench(githubChecks).output(asked)).toMatchObject({ total: 3 });
  });

  it("outlasts a limit, an outage and a broken answer, and spends nothing on what has not changed", async () => {
    const { bench, input, release, forge, clock } = await open(() => [{ ...GREEN, afterMs: 60_000 }]);
    const step = bench(githubChecks);
    const running = step.run(input("github", { revision: release, required: ["unit tests"] }));
    await expect.poll(() => step.progress.at(-1)?.text).toMatch(/waiting for/u);
    forge.faults.add({
      kind: "status",
      matching: "check-runs",
      status: 502,
      message: "bad gateway",
      code: 0,
      times: 1,
    });
    clock.skip(15_000);
    await expect.poll(() => step.progress.at(-1)?.text).toMatch(/status 502/u);
    forge.faults.add({ kind: "reset-after", matching: "check-runs", times: 1 });
    clock.skip(15_000);
    await expect.poll(() => step.progress.at(-1)?.text).toMatch(/connection ended/u);
    forge.limits.pause(30_000);
    clock.skip(15_000);
    await expect.poll(() => step.progress.at(-1)?.text).toMatch(/no more requests/u);
    clock.skip(31_000);
    expect(await running).toMatchObject({ status: "succeeded" });
  });

  it("says the same of a repository that is not there and of one that may not be seen", async () => {
    const { bench, input, release } = await open();
    const gone = input("github", { repository: "harbor/secret", revision: release });
    expect(await bench(githubChecks).failure(gone)).toMatchObject({ code: "forge.not-found" });
    expect(await bench(githubChecks).failure(input("github", { revision: release, token: "wrong" }))).toMatchObject({
      code: "forge.denied",
    });
    expect(await bench(githubChecks).failure(input("github", { revision: "f".repeat(40) }))).toMatchObject({
      code: "forge.refused",
      message: expect.stringContaining("No commit found for SHA"),
    });
  });
});

describe("gitlab/pipeline on the simulated GitLab", () => {
  it("waits for the pipeline and names what failed", async () => {
    const jobs = [
      { ...GREEN, afterMs: 5000 },
      { name: "flaky", afterMs: 0, conclusion: "failure", allowFailure: true },
    ];
    const { bench, input, release, clock, forge } = await open(() => jobs);
    const step = bench(gitlabPipeline);
    const running = step.run(input("gitlab", { revision: release }));
    await expect.poll(() => step.progress.at(-1)?.text).toBe('Waiting for "unit tests"');
    clock.skip(20_000);
    expect(await running).toMatchObject({ status: "succeeded", output: { warnings: [{ name: "flaky" }] } });
    forge.project("harbor/deploy").ci.start(release, { ...GREEN, conclusion: "failure" });
    const failure = await bench(gitlabPipeline).failure(input("gitlab", { revision: release }));
    expect(failure).toMatchObject({ code: "gitlab.pipeline-failed", message: expect.stringContaining("/-/jobs/") });
  });
});

describe.each(WAYS)("a pull request on the simulated %s", (way) => {
  const ORDER = { head: "release", base: "main", title: "checkout: 2", body: "A *release*" };

  it("is opened once, whatever becomes of the answer", async () => {
    const { bench, input, forge, release } = await open();
    forge.faults.add({ kind: "reset-after", matching: "^POST", times: 1 });
    const step = bench(gitPullRequest);
    const first = await step.output(input(way, ORDER));
    expect(first).toMatchObject({ number: 1, sha: release, opened: true, head: "release", base: "main" });
    expect(await step.output(input(way, ORDER))).toEqual(first);
    expect((await forge.project("harbor/deploy").requests.all()).map(({ body }) => body)).toEqual([
      expect.stringMatching(/^A \*release\*\n\n<!-- quarterdeck: run_1\/promote\/step\/1 -->/u),
    ]);
    step.attempt = 2;
    expect(await step.output(input(way, ORDER))).toMatchObject({ number: 1, opened: false });
  });

  it("is not taken over from somebody else, nor opened for nothing or by somebody without the right", async () => {
    const { bench, input, forge, repository, main } = await open();
    const { requests } = forge.project("harbor/deploy");
    await requests.open({ ...ORDER, body: "mine", draft: false });
    expect(await bench(gitPullRequest).failure(input(way, ORDER))).toMatchObject({ code: "git.request-taken" });
    requests.close(1);
    expect(await bench(gitPullRequest).failure(input(way, { ...ORDER, token: READER }))).toMatchObject({
      code: "forge.forbidden",
    });
    expect(await bench(gitPullRequest).failure(input(way, { ...ORDER, head: "gone" }))).toMatchObject({
      code: "forge.refused",
    });
    await repository.commit({ branch: "other", from: main, author: ANA, message: "x", files: { x: "y" } });
    expect(await bench(gitPullRequest).output(input(way, { ...ORDER, head: "other" }))).toMatchObject({ number: 2 });
  });

  it("is merged into the real branch, at the commit that is meant, and only once", async () => {
    const { bench, input, repository, release, main, forge } = await open();
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    const step = bench(gitMerge);
    const asked = input(way, { number, sha: release });
    await expect.poll(async () => (await step.run(asked)).status).toBe("succeeded");
    const output = await step.output(asked);
    expect(output).toMatchObject({ head: release, by: "quarterdeck", sha: await repository.resolve("main") });
    expect([await repository.resolve("main^1"), await repository.resolve("main^2")]).toEqual([main, release]);
    expect(forge.requests.filter((request) => request.startsWith("PUT"))).toHaveLength(1);
  });

  it("is not merged before its checks have had time to appear", async () => {
    const { bench, input, clock, release } = await open(() => []);
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    const step = bench(gitMerge);
    await expect
      .poll(async () => await step.run(input(way, { number, sha: release })))
      .toMatchObject({ status: "postponed", message: expect.stringContaining("has no checks yet") });
    clock.skip(31_000);
    await expect.poll(async () => (await step.run(input(way, { number, sha: release }))).status).toBe("succeeded");
  });

  it("is found merged where the answer was lost", async () => {
    const { bench, input, forge, repository, release } = await open();
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    forge.faults.add({ kind: "reset-after", matching: "^PUT", times: 1 });
    const step = bench(gitMerge);
    await expect
      .poll(async () => (await step.run(input(way, { number, sha: release, method: "squash" }))).status)
      .toBe("succeeded");
    expect(await repository.resolve("main^1")).not.toBe(release);
    expect(forge.requests.filter((request) => request.startsWith("PUT"))).toHaveLength(1);
  });

  it("is not merged while a check runs or a review is missing, which is said", async () => {
    const { bench, input, forge, release, clock } = await open(() => [{ ...GREEN, afterMs: 60_000 }]);
    const { rules, requests } = forge.project("harbor/deploy");
    rules.approvals = 1;
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    const step = bench(gitMerge);
    const asked = input(way, { number, sha: release });
    expect(await step.run(asked)).toMatchObject({
      status: "postponed",
      code: "git.not-mergeable",
      message: expect.stringContaining("not over"),
    });
    clock.skip(61_000);
    await expect
      .poll(async () => await step.run(asked))
      .toMatchObject({ message: expect.stringMatching(/review|approval/u) });
    requests.review(1, "priya", "APPROVED");
    await expect.poll(async () => (await step.run(asked)).status).toBe("succeeded");
  });

  it("is not merged when a check is red, its branch has moved, conflicts, or it was closed", async () => {
    const jobs = [{ ...GREEN, conclusion: "failure" }];
    const { bench, input, forge, release, repository } = await open((sha) => (sha === release ? jobs : [GREEN]));
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    const step = bench(gitMerge);
    expect(await step.failure(input(way, { number, sha: release }))).toMatchObject({ code: "git.checks-failed" });
    await repository.commit({ author: ANA, message: "theirs", files: { "app.yaml": "image: 3\n" } });
    await repository.commit({ branch: "release", author: ANA, message: "more", files: { other: "y" } });
    expect(await step.failure(input(way, { number, sha: release }))).toMatchObject({ code: "git.head-moved" });
    await expect
      .poll(async () => await step.run(input(way, { number })))
      .toMatchObject({ failure: { code: "git.conflict" } });
    forge.project("harbor/deploy").requests.close(1);
    expect(await step.failure(input(way, { number }))).toMatchObject({ code: "git.request-closed" });
  });

  it("is waited for until a person has merged it", async () => {
    const { bench, input, forge, clock, repository } = await open();
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    const step = bench(gitMerged);
    const running = step.run(input(way, { number }));
    await expect.poll(() => step.progress.at(-1)?.text).toMatch(/waits to be merged: /u);
    await forge.project("harbor/deploy").requests.merge(1, { user: "ben", message: "by hand", squash: false });
    clock.skip(16_000);
    expect(await running).toMatchObject({
      status: "succeeded",
      output: { by: "ben", sha: await repository.resolve("main") },
    });
  });

  it("fails the wait when it is closed", async () => {
    const { bench, input, forge } = await open();
    const { number } = await bench(gitPullRequest).output(input(way, ORDER));
    forge.project("harbor/deploy").requests.close(1);
    expect(await bench(gitMerged).failure(input(way, { number }))).toMatchObject({ code: "git.request-closed" });
  });
});

it("shows people the checks of a commit, which they can run again from there alone", async () => {
  const { forge, release } = await open(() => [{ ...GREEN, conclusion: "failure" }]);
  const page = `${forge.url}/harbor/deploy/commit/${release}`;
  const html = await (await fetch(page)).text();
  expect(html).toContain("<b>unit tests</b>: failure");
  const again = `${forge.url}${/action="([^"]+)"/u.exec(html)?.[1] ?? ""}`;
  expect((await fetch(again, { method: "POST", headers: { origin: "https://evil.example" } })).status).toBe(404);
  expect(await (await fetch(again, { method: "POST" })).text()).toContain("<b>unit tests</b>: success");
});

it("says at once that GitHub does not allow a way of merging", async () => {
  const { bench, input, forge } = await open();
  const { rules } = forge.project("harbor/deploy");
  rules.refused = ["squash"];
  const { number } = await bench(gitPullRequest).output(input("github", { head: "release", base: "main", title: "x" }));
  const step = bench(gitMerge);
  await expect
    .poll(async () => await step.run(input("github", { number, method: "squash" })))
    .toMatchObject({ failure: { code: "forge.refused", message: expect.stringContaining("not allowed") } });
});
