import { describe, expect, it } from "vitest";

import { gitlabPipeline } from "../../../../src/steps/forge/gitlab-pipeline.ts";
import { FakeForge } from "../../../support/fake-forge.ts";

const SHA = "abc1236e5fc00f02201571422a458ffec6552104";
const PROJECT = "/api/v4/projects/shop%2Fcheckout";
const INPUT = { repository: "shop/checkout", revision: SHA, token: "glpat-1" };

interface Part {
  readonly id?: number;
  readonly name?: string;
  readonly status?: string;
  readonly allow?: boolean;
  readonly reason?: string;
}

function job({ id = 1, name = "unit", status = "success", allow = false, reason }: Part): object {
  return {
    id,
    name,
    stage: "test",
    status,
    allow_failure: allow,
    failure_reason: reason ?? null,
    web_url: `https://gitlab.com/j/${id}`,
  };
}

function pipeline(id: number, status: string, project = 7): object {
  return {
    id,
    project_id: project,
    status,
    ref: "main",
    sha: SHA,
    source: "push",
    web_url: `https://gitlab.com/p/${id}`,
  };
}

function open(): FakeForge {
  const forge = new FakeForge(gitlabPipeline);
  at(forge, "success", [{}]);
  return forge;
}

function at(forge: FakeForge, status: string, jobs: readonly Part[], bridges: readonly object[] = []): void {
  forge.says(`GET ${PROJECT}/pipelines`, [pipeline(5, status)]);
  forge.says(
    "GET /api/v4/projects/7/pipelines/5/jobs",
    jobs.map((each, index) => job({ id: index + 1, ...each })),
  );
  forge.says("GET /api/v4/projects/7/pipelines/5/bridges", bridges);
}

describe("gitlab/pipeline", () => {
  it("is through when the newest pipeline has succeeded, and says what failed and may", async () => {
    const forge = open();
    at(forge, "success", [
      {},
      { name: "flaky", status: "failed", allow: true },
      { name: "extra", status: "manual", allow: true },
    ]);
    forge.start(INPUT);
    expect(await forge.pass()).toEqual({
      status: "succeeded",
      output: {
        pipeline: 5,
        url: "https://gitlab.com/p/5",
        ref: "main",
        revision: SHA,
        jobs: [{ kind: "job", name: "unit", status: "success", url: "https://gitlab.com/j/1" }],
        warnings: [{ kind: "job", name: "flaky", status: "failed", url: "https://gitlab.com/j/2" }],
        notes: ['Pipeline 5 succeeded at abc1236; failed and may: "flaky"'],
      },
    });
    expect(forge.calls[0]?.url.search).toBe(`?sha=${SHA}&order_by=id&sort=desc&per_page=1`);
    expect(forge.calls[0]?.headers).toMatchObject({ "private-token": "glpat-1" });
  });

  it.each([
    ["job", "job-token"],
    ["bearer", "authorization"],
  ])("sends a token of the kind %s as %s", async (kind, header) => {
    const forge = open();
    forge.start({ ...INPUT, "token-kind": kind });
    await forge.pass();
    expect(forge.calls[0]?.headers[header]).toContain("glpat-1");
    expect(forge.calls[0]?.headers["private-token"]).toBeUndefined();
  });

  it("waits for a pipeline to appear and for its jobs, and says for which", async () => {
    const forge = open();
    forge.says(`GET ${PROJECT}/pipelines`, []);
    forge.start({ ...INPUT, "appear-within": "10m" });
    await forge.pass();
    expect(forge.shown).toMatch(/^There is no pipeline for abc1236 of shop\/checkout yet/u);
    at(forge, "running", [{}, { name: "e2e", status: "running" }, { name: "later", status: "created" }]);
    await forge.pass(15_000);
    expect(forge.shown).toBe('Waiting for "e2e" and "later"');
    at(forge, "success", [{}]);
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  it("fails when no pipeline appears in time", async () => {
    const forge = open();
    forge.says(`GET ${PROJECT}/pipelines`, []);
    forge.start({ ...INPUT, "appear-within": "1m" });
    expect(await forge.pass(61_000)).toMatchObject({ failure: { code: "gitlab.pipeline-missing" } });
  });

  it("names the failed jobs with their links", async () => {
    const forge = open();
    at(forge, "failed", [
      {},
      { name: "e2e", status: "failed", reason: "script_failure" },
      { name: "flaky", status: "failed", allow: true },
    ]);
    forge.start(INPUT);
    expect(await forge.pass()).toEqual({
      status: "failed",
      failure: {
        code: "gitlab.pipeline-failed",
        message:
          'Pipeline 5 of shop/checkout did not succeed at abc1236: "e2e" (failed (script_failure)): https://gitlab.com/j/2. When it was retried and has succeeded, retry this step.',
        retry: "never",
        details: {
          resources: [{ kind: "job", name: "e2e", status: "failed (script_failure)", url: "https://gitlab.com/j/2" }],
          pipeline: "https://gitlab.com/p/5",
        },
      },
    });
  });

  it("does not take a pipeline that was cancelled for one of which something failed that may", async () => {
    const forge = open();
    at(forge, "canceled", [{}, { name: "flaky", status: "failed", allow: true }]);
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({ status: "failed", failure: { code: "gitlab.pipeline-failed" } });
  });

  it.each(["canceled", "skipped"])("does not take a pipeline that was %s for one that succeeded", async (status) => {
    const forge = open();
    at(forge, status, status === "skipped" ? [{ status: "skipped" }] : []);
    forge.start(INPUT);
    expect(await forge.pass()).toMatchObject({
      failure: { code: "gitlab.pipeline-failed", details: { resources: [{ kind: "pipeline", name: "5", status }] } },
    });
  });

  it("says which manual job blocks it, and goes on when it was started", async () => {
    const forge = open();
    at(forge, "manual", [{}, { name: "release gate", status: "manual" }]);
    forge.start(INPUT);
    expect(await forge.pass(600_000)).toBeUndefined();
    expect(forge.shown).toBe('Blocked until somebody starts "release gate" in GitLab');
    at(forge, "success", [{}, { name: "release gate" }]);
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  it("gives a failed job the grace to be retried", async () => {
    const forge = open();
    at(forge, "failed", [{ status: "failed" }]);
    forge.start({ ...INPUT, grace: "5m" });
    expect(await forge.pass(120_000)).toBeUndefined();
    at(forge, "running", [{ id: 9, status: "running" }]);
    expect(await forge.pass(600_000)).toBeUndefined();
    at(forge, "success", [{ id: 9 }]);
    expect(await forge.pass(15_000)).toMatchObject({ status: "succeeded" });
  });

  it("counts the grace from when it was told of the failure, however long that took", async () => {
    const forge = open();
    at(forge, "failed", [{ status: "failed" }]);
    forge.slowness = ({ url }) => (url.pathname.endsWith("/jobs") && forge.clock.monotonic() < 20_000 ? 20_000 : 0);
    forge.start({ ...INPUT, grace: "1m" });
    expect(await forge.pass(79_000)).toBeUndefined();
    expect(await forge.pass(16_000)).toMatchObject({ failure: { code: "gitlab.pipeline-failed" } });
  });

  describe("with pipelines that it started", () => {
    const bridge = (status: string, started: object | null, allow = false): object => ({
      ...job({ id: 40, name: "children", status, allow }),
      downstream_pipeline: started,
    });

    function child(forge: FakeForge, jobs: readonly Part[]): void {
      forge.says("GET /api/v4/projects/8/pipelines/6/jobs", jobs.map(job));
      forge.says("GET /api/v4/projects/8/pipelines/6/bridges", []);
    }

    it("waits for them, also where it has succeeded itself", async () => {
      const forge = open();
      at(forge, "success", [{}], [bridge("success", pipeline(6, "running", 8))]);
      child(forge, [{ name: "inner", status: "running" }]);
      forge.start(INPUT);
      await forge.pass();
      expect(forge.shown).toBe('Waiting for "inner"');
      at(forge, "success", [{}], [bridge("success", pipeline(6, "success", 8))]);
      child(forge, [{ name: "inner" }]);
      expect(await forge.pass(15_000)).toMatchObject({
        output: { notes: [/with 1 below it/u].map((each) => expect.stringMatching(each)) },
      });
    });

    it("fails with the job of one of them", async () => {
      const forge = open();
      at(forge, "success", [{}], [bridge("success", pipeline(6, "failed", 8))]);
      child(forge, [{ name: "inner", status: "failed" }]);
      forge.start(INPUT);
      expect(await forge.pass()).toMatchObject({ failure: { details: { resources: [{ name: "inner" }] } } });
    });

    it("lets one fail that may, and believes the parent about one that cannot be seen", async () => {
      const forge = open();
      at(forge, "success", [{}], [bridge("failed", pipeline(6, "failed", 8), true)]);
      forge.start(INPUT);
      expect(await forge.pass()).toMatchObject({
        status: "succeeded",
        output: { warnings: [{ kind: "pipeline", name: "6" }] },
      });
    });

    it("fails where one could not be made", async () => {
      const forge = open();
      at(forge, "failed", [{}], [bridge("failed", null)]);
      forge.start(INPUT);
      expect(await forge.pass()).toMatchObject({ failure: { details: { resources: [{ name: "children" }] } } });
    });
  });

  it("keeps to GitLab's limit", async () => {
    const forge = open();
    forge.trouble = () => ({ status: 429, json: { message: "Too many requests" }, headers: { "retry-after": "60" } });
    forge.start(INPUT);
    await forge.pass(59_000);
    expect(forge.calls).toHaveLength(1);
    forge.trouble = () => undefined;
    expect(await forge.pass(2000)).toMatchObject({ status: "succeeded" });
  });
});
