import { describe, expect, it } from "vitest";

import type { ForgeDeps } from "../../../../src/steps/forge/forge-input.ts";
import { githubChecks } from "../../../../src/steps/forge/github-checks.ts";
import { CallError } from "../../../../src/steps/network/call-failure.ts";
import { FakeForge } from "../../../support/fake-forge.ts";

const SHA = "abc1236e5fc00f02201571422a458ffec6552104";
const RUNS = `GET /repos/acme/checkout/commits/${SHA}/check-runs`;
const STATUS = `GET /repos/acme/checkout/commits/${SHA}/status`;
const SUITES = `GET /repos/acme/checkout/commits/${SHA}/check-suites`;

interface Run {
  readonly id?: number;
  readonly name?: string;
  readonly status?: string;
  readonly conclusion?: string | null;
  readonly suite?: number;
}

function run({ id = 1, name = "unit tests", status = "completed", conclusion = "success", suite = 7 }: Run): object {
  return {
    id,
    name,
    status,
    conclusion: status === "completed" ? conclusion : null,
    html_url: `https://github.com/acme/checkout/runs/${id}`,
    check_suite: { id: suite },
    output: { summary: "what is not used" },
  };
}

function open(more: Partial<ForgeDeps> = {}): FakeForge {
  const forge = new FakeForge(githubChecks, more);
  forge.says("GET /repos/acme/checkout", {
    html_url: "https://github.com/acme/checkout",
    full_name: "acme/checkout",
    default_branch: "main",
  });
  checks(forge, []);
  forge.says(STATUS, { state: "pending", statuses: [], total_count: 0 });
  forge.says(SUITES, { total_count: 0, check_suites: [] });
  return forge;
}

function checks(forge: FakeForge, runs: readonly Run[]): void {
  const named = runs.map((each, index) => run({ id: index + 1, ...each }));
  forge.says(RUNS, { total_count: named.length, check_runs: named });
}

const INPUT = { repository: "acme/checkout", revision: SHA, token: "t0ken", required: ["unit tests"] };

describe("github/checks", () => {
  it("is through when the required checks are green, whatever the others are", async () => {
    const forge = open();
    checks(forge, [{}, { name: "coverage", conclusion: "failure" }]);
    forge.start(INPUT);
    expect(await forge.pass()).toEqual({
      status: "succeeded",
      output: {
        checks: [
          {
            name: "unit tests",
            kind: "check",
            conclusion: "success",
            url: "https://github.com/acme/checkout/runs/1",
          },
        ],
        total: 1,
        url: `https://github.com/acme/checkout/commit/${SHA}`,
        revision: SHA,
        notes: ["1 green at abc1236"],
      },
    });
    expect(forge.calls[0]?.headers).toMatchObject({
      authorization: "Bearer t0ken",
      "x-github-api-version": "2022-11-28",
    });
    expect(forge.calls.map(({ url }) => url.host)).toEqual(["api.github.com", "api.github.com", "api.github.com"]);
  });

  it("takes skipped and neutral ones for green, as GitHub does, and says so", async () => {
    const forge = open();
    checks(forge, [{ conclusion: "skipped" }, { name: "lint", conclusion: "neutral" }]);
    forge.start({ ...INPUT, required: ["unit tests", "lint"] });
    expect(await forge.pass()).toMatchObject({
      status: "succeeded",
      output: { notes: ['2 green at abc1236, of which not run or neutral: "unit tests" and "lint"'] },
    });
  });

  it.each(["failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure", "of tomorrow"])(
    "fails at once with the name and the link of a check that ended as %s",
    async (conclusion) => {
      const forge = open();
      checks(forge, [{ conclusion }, { name: "lint", status: "in_progress" }]);
      forge.start({ ...INPUT, required: ["unit tests", "lint"] });
      expect(await forge.pass()).toEqual({
        status: "failed",
        failure: {
          code: "github.check-failed",
          message: `The check "unit tests" is red (${conclusion}) on abc1236 of acme/checkout: https://github.com/acme/checkout/runs/1. When it was run again and is green, retry this step.`,
          retry: "never",
          details: {
            resources: [
              {
                kind: "check",
                name: "unit tests",
                status: conclusion,
                url: "https://github.com/acme/checkout/runs/1",
              },
            ],
            commit: `https://github.com/acme/checkout/commit/${SHA}`,
          },
        },
      });
    },
  );

  it("says what it waits for and what has not appeared, and goes on when it has", async () => {
    const forge = open();
    checks(forge, [{ status: "in_progress" }]);
    forge.start({ ...INPUT, required: ["unit tests", "lint"] });
    expect(await forge.pass()).toBeUndefined();
    expect(forge.shown).toBe('0 of 2 green; waiting for "unit tests"; not there yet: "lint"');
    checks(forge, [{}, { name: "lint" }]);
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  it("fails with the name of one that does not appear in time", async () => {
    const forge = open();
    checks(forge, [{}]);
    forge.start({ ...INPUT, required: ["unit tests", "lint"], "appear-within": "1m" });
    expect(await forge.pass(59_000)).toBeUndefined();
    expect(await forge.pass(2000)).toMatchObject({
      failure: { code: "github.check-missing", details: { missing: ["lint"] } },
    });
  });

  it("counts the newest run of a check, also when the one before is listed", async () => {
    const forge = open();
    checks(forge, [
      { id: 9, conclusion: "success" },
      { id: 4, conclusion: "failure" },
    ]);
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({ status: "succeeded", output: { total: 1 } });
  });

  it("does not take a green job for one of the same name in another workflow", async () => {
    const forge = open();
    checks(forge, [
      { id: 9, conclusion: "success", suite: 2 },
      { id: 4, conclusion: "failure", suite: 1 },
    ]);
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({ failure: { code: "github.check-failed" } });
  });

  it("gives a red check the grace to be run again", async () => {
    const forge = open();
    checks(forge, [{ conclusion: "failure" }]);
    forge.start({ ...INPUT, grace: "2m" });
    expect(await forge.pass(90_000)).toBeUndefined();
    expect(forge.shown).toMatch(/^Red: "unit tests"; .* until this fails$/u);
    checks(forge, [{ id: 2, status: "queued" }]);
    expect(await forge.pass(300_000)).toBeUndefined();
    checks(forge, [{ id: 2, conclusion: "failure" }]);
    expect(await forge.pass(90_000)).toBeUndefined();
    expect(await forge.pass(60_000)).toMatchObject({ failure: { code: "github.check-failed" } });
  });

  it("wants both where a check and a commit status have the name", async () => {
    const forge = open();
    checks(forge, [{}]);
    forge.says(STATUS, {
      statuses: [
        { id: 2, context: "unit tests", state: "error", target_url: "javascript:alert(1)" },
        { id: 1, context: "unit tests", state: "success", target_url: null },
      ],
    });
    forge.start(INPUT);
    const outcome = await forge.pass();
    expect(outcome).toMatchObject({
      failure: { details: { resources: [{ kind: "status", name: "unit tests", status: "error" }] } },
    });
    expect(JSON.stringify(outcome)).not.toContain("javascript");
  });

  describe("with all checks", () => {
    const ALL = { ...INPUT, required: "all", settle: "1m" };

    it("waits until one is there, and until no other has come for a while", async () => {
      const forge = open();
      forge.start(ALL);
      await forge.pass(60_000);
      expect(forge.shown).toBe('0 of 1 green; not there yet: "any check"');
      checks(forge, [{}]);
      await forge.pass(50_000);
      expect(forge.shown).toMatch(/making sure that no other appears/u);
      checks(forge, [{}, { name: "deploy preview" }]);
      expect(await forge.pass(50_000)).toBeUndefined();
      expect(await forge.pass(30_000)).toMatchObject({ status: "succeeded", output: { total: 2 } });
    });

    it("waits for a workflow whose later jobs have not appeared", async () => {
      const forge = open();
      checks(forge, [{}]);
      const suites = [
        { id: 7, status: "in_progress", latest_check_runs_count: 1, app: { name: "GitHub Actions" } },
        { id: 8, status: "queued", latest_check_runs_count: 0, app: { name: "Idle" } },
      ];
      forge.says(SUITES, { check_suites: suites });
      forge.start(ALL);
      expect(await forge.pass(600_000)).toBeUndefined();
      expect(forge.shown).toBe('1 of 1 green; more may come of "GitHub Actions"');
    });

    it("does not count what is ignored", async () => {
      const forge = open();
      checks(forge, [{}, { name: "nightly (linux, 24)", conclusion: "failure" }]);
      forge.start({ ...ALL, ignore: ["nightly (*, 24)"], settle: 0 });
      expect(await forge.pass()).toMatchObject({ status: "succeeded", output: { total: 1 } });
    });

    it("reads every page, and looks again where some were lost between two", async () => {
      const forge = open();
      const pages = [0, 1].map((page) =>
        Array.from({ length: 100 }, (_, at) => run({ id: page * 100 + at, name: `job ${page * 100 + at}` })),
      );
      let total = 201;
      forge.answers.set(RUNS, ({ url }) => {
        const at = Number(url.searchParams.get("page") ?? "1");
        const next = `https://api.github.com${url.pathname}?per_page=100&page=2`;
        const link = at === 1 ? { link: `<${next}>; rel="next", <${next}>; rel="last"` } : {};
        return { json: { total_count: total, check_runs: pages[at - 1] }, headers: link };
      });
      forge.start({ ...ALL, settle: 0 });
      expect(await forge.pass()).toBeUndefined();
      expect(forge.shown).toContain("the list of checks");
      total = 200;
      const outcome = await forge.pass(15_000);
      expect(outcome).toMatchObject({ status: "succeeded", output: { total: 200 } });
    });
  });

  it("asks for the newest run of a workflow by its name or file", async () => {
    const forge = open();
    const at = (id: number, status: string, conclusion: string | null): object => ({
      id,
      name: "CI",
      path: ".github/workflows/ci.yaml",
      status,
      conclusion,
      html_url: `https://github.com/acme/checkout/actions/runs/${id}`,
    });
    forge.says("GET /repos/acme/checkout/actions/runs", {
      workflow_runs: [at(1, "completed", "failure"), at(2, "in_progress", null)],
    });
    forge.start({ ...INPUT, required: undefined, workflow: "ci.yaml" });
    expect(await forge.pass()).toBeUndefined();
    expect(forge.shown).toBe('0 of 1 green; waiting for "ci.yaml"');
    forge.says("GET /repos/acme/checkout/actions/runs", { workflow_runs: [at(2, "completed", "success")] });
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded", output: { checks: [{ kind: "workflow" }] } });
    expect(forge.asked(RUNS)).toBe(0);
  });

  it("asks by ETag for what it has read, and takes 304 for the same again", async () => {
    const forge = open();
    const route = forge.answers.get(RUNS);
    forge.answers.set(RUNS, (call) => {
      if (call.headers["if-none-match"] === '"one"') return { status: 304 };
      return { json: { total_count: 1, check_runs: [run({ status: "queued" })] }, headers: { etag: '"one"' } };
    });
    forge.start(INPUT);
    await forge.pass(60_000);
    expect(forge.shown).toBe('0 of 1 green; waiting for "unit tests"');
    expect(forge.calls.filter(({ headers }) => headers["if-none-match"] === '"one"').length).toBeGreaterThan(2);
    expect(route).toBeDefined();
    checks(forge, [{}]);
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  describe("when GitHub limits it", () => {
    it("sends nothing until the limit is reset", async () => {
      const forge = open();
      checks(forge, [{}]);
      const reset = String(Math.floor(forge.clock.now() / 1000) + 600);
      forge.trouble = () => ({
        status: 403,
        json: { message: "API rate limit exceeded" },
        headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset },
      });
      forge.start(INPUT);
      await forge.pass(1000);
      forge.trouble = () => undefined;
      expect(forge.shown).toMatch(/asks for no more requests until 10:10:01 UTC/u);
      expect(await forge.pass(590_000)).toBeUndefined();
      expect(forge.calls).toHaveLength(1);
      expect(await forge.pass(20_000)).toMatchObject({ status: "succeeded" });
    });

    it("does what a secondary limit asks for, and waits longer each time where it names no time", async () => {
      const forge = open();
      checks(forge, [{}]);
      forge.trouble = () => ({ status: 429, json: { message: "slow down" }, headers: { "retry-after": "30" } });
      forge.start(INPUT);
      await forge.pass(29_000);
      expect(forge.calls).toHaveLength(1);
      forge.trouble = () => ({ status: 403, json: { message: "You have exceeded a secondary rate limit." } });
      await forge.pass(2000);
      expect(forge.calls).toHaveLength(2);
      await forge.pass(60_000);
      expect(forge.calls).toHaveLength(3);
      await forge.pass(60_000);
      expect(forge.calls).toHaveLength(3);
      forge.trouble = () => undefined;
      expect(await forge.pass(61_000)).toMatchObject({ status: "succeeded" });
    });

    it("keeps still also when the last request was still answered", async () => {
      const forge = open();
      const reset = String(Math.floor(forge.clock.now() / 1000) + 300);
      checks(forge, [{ status: "queued" }]);
      forge.says(STATUS, { statuses: [] }, { headers: { "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset } });
      forge.start(INPUT);
      await forge.pass(290_000);
      expect(forge.calls).toHaveLength(3);
    });
  });

  it("outlasts an outage, and fails when that takes too long", async () => {
    const forge = open();
    checks(forge, [{ status: "queued" }]);
    forge.start({ ...INPUT, "away-for": "5m" });
    await forge.pass();
    forge.trouble = () => ({ status: 502 });
    expect(await forge.pass(200_000)).toBeUndefined();
    expect(forge.shown).toMatch(
      /cannot say the checks of acme\/checkout just now \(status 502\)\. It may be away for/u,
    );
    forge.trouble = () => undefined;
    await forge.pass(15_000);
    expect(forge.shown).toMatch(/waiting for/u);
    forge.trouble = () =>
      new CallError("api.github.com did not answer.", { code: "network.timeout", wasConnected: true });
    expect(await forge.pass(400_000)).toMatchObject({ failure: { code: "network.timeout", retry: "backoff" } });
  });

  it.each([
    [
      401,
      { message: "Bad credentials" },
      {},
      "forge.denied",
      /does not accept the token \(status 401: Bad credentials\)/u,
    ],
    [
      403,
      { message: "Resource not accessible by integration" },
      { "x-accepted-github-permissions": "checks=read" },
      "forge.forbidden",
      /It needs the permission checks=read\./u,
    ],
    [404, { message: "Not Found" }, {}, "forge.not-found", /or the token may not see it; both look the same/u],
    [422, { message: "No commit found for SHA: abc" }, {}, "forge.refused", /No commit found for SHA: abc/u],
    [200, { hello: "world" }, {}, "forge.bad-answer", /is not what its API says/u],
    [302, undefined, {}, "forge.bad-answer", /with status 302/u],
  ])("explains status %i with %j", async (status, json, headers, code, message) => {
    const forge = open();
    forge.trouble = () => ({ status, json, headers });
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({
      failure: { code, message: expect.stringMatching(message), retry: "never" },
    });
  });

  it("follows no next page to another host, where the token would be sent along", async () => {
    const forge = open();
    forge.says(
      RUNS,
      { total_count: 1, check_runs: [run({})] },
      { headers: { link: '<https://evil.example/?page=2>; rel="next"' } },
    );
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({ failure: { code: "forge.bad-answer" } });
    expect(forge.calls.every(({ url }) => url.host === "api.github.com")).toBe(true);
  });

  it("asks as the App of the configuration where no token is given, anew for each request", async () => {
    let tokens = 0;
    const asked: unknown[] = [];
    const forge = open({
      appTokens: async ({ address, api }) => {
        asked.push([address, api.href]);
        tokens += 1;
        return `installation-${tokens}`;
      },
    });
    checks(forge, [{}]);
    forge.start({ ...INPUT, token: undefined });
    expect(await forge.pass()).toMatchObject({ status: "succeeded" });
    expect(forge.calls.map(({ headers }) => headers["authorization"])).toEqual(
      [1, 2, 3].map((each) => `Bearer installation-${each}`),
    );
    expect(asked[0]).toEqual(["https://github.com/acme/checkout", "https://api.github.com/"]);
  });

  it("keeps names from outside short, on one line, and few", async () => {
    const forge = open();
    const hostile = `<!channel> *x* \u202e${"y".repeat(500)}\nnext`;
    checks(
      forge,
      Array.from({ length: 10_000 }, (_, at) => ({ id: at + 1, name: `${at} ${hostile}`, conclusion: "failure" })),
    );
    forge.start({ ...INPUT, required: "all" });
    const outcome = await forge.pass();
    expect(outcome).toMatchObject({ failure: { code: "github.check-failed" } });
    const text = JSON.stringify(outcome);
    expect(text.length).toBeLessThan(6000);
    expect(text).not.toMatch(/\u202e|\\n/u);
  });

  it("ends when it is stopped", async () => {
    const forge = open();
    forge.start(INPUT);
    await forge.pass();
    forge.bench.stop.abort(new Error("the run was cancelled"));
    expect(await forge.pass()).toMatchObject({ failure: { message: "the run was cancelled" } });
    expect(forge.clock.pendingTimers).toBe(0);
  });
});
