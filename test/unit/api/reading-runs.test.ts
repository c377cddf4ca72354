import { beforeEach, describe, expect, it } from "vitest";

import { HistoryBody, WhereBody } from "../../../src/api/answer-body.ts";
import { RunBody } from "../../../src/api/run-body.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { rowOf } from "../../../src/engine/projection.ts";
import { ApiRig, bodyOf, LOG, PLAN } from "../../support/api-rig.ts";
import {
  AT,
  begun,
  decided,
  failedStep,
  finished,
  GATE,
  LIVE,
  opened,
  RUN,
  runFailed,
  SHA,
  started,
  SYNC,
  viewOf,
} from "../slack/sample-run.ts";

let rig: ApiRig;
let token: string;

beforeEach(async () => {
  rig = await ApiRig.open();
  token = rig.token("reader", ["read"]);
});

const get = (path: string) => rig.ask({ path, token });
const runBody = async () => RunBody.parse(bodyOf(await get(`/api/runs/${RUN}`)));

describe("a run over the API", () => {
  it("says how it stands, what its steps came to, and by whom it was approved", async () => {
    expect(await runBody()).toMatchObject({
      id: RUN,
      shortId: "run_7FQ2",
      command: "promote",
      status: "succeeded",
      phase: "succeeded",
      requestedBy: "Ana",
      askedAs: "/promote checkout abc123 to prod",
      door: "slash",
      service: "checkout",
      revision: { sha: SHA },
      startedAt: "2026-01-01T10:00:00.000Z",
      finishedAt: "2026-01-01T10:03:00.000Z",
      targets: [{ environment: "staging" }, { environment: "prod", status: "succeeded" }],
      steps: [
        { path: GATE, sort: "gate", environment: "prod", status: "succeeded", attempts: 1 },
        { path: SYNC, uses: "argocd/sync", found: ["3 resources changed"] },
      ],
      approvals: [
        { step: GATE, environment: "prod", status: "approved", decisions: [{ by: "Bo", decision: "approve" }] },
      ],
      links: { self: `/api/runs/${RUN}`, events: `/api/runs/${RUN}/events` },
    });
  });

  it("says why it failed, who rejected or cancelled it, and from where it can be retried", async () => {
    rig.events = [started(), begun(GATE, "approval", "gate"), opened(), decided("reject", "not today")];
    rig.events.push(
      failedStep(GATE, "gate.rejected", "Bo rejected it."),
      runFailed(GATE, "gate.rejected", "Bo rejected it."),
      finished("failed"),
    );
    expect(await runBody()).toMatchObject({
      status: "failed",
      failure: { code: "gate.rejected", message: "Bo rejected it.", step: GATE },
      approvals: [{ status: "rejected", decisions: [{ by: "Bo", reason: "not today" }] }],
      retryFrom: [GATE],
    });
    const cancelled: RunEvent = { type: "run.cancel-requested", at: AT, actor: "p_ana", reason: "wrong one" };
    rig.events = [started(), cancelled, finished("cancelled")];
    expect(await runBody()).toMatchObject({ status: "cancelled", cancelled: { by: "Ana", reason: "wrong one" } });
  });

  it("says what it waits for", async () => {
    rig.events = [started(), begun(GATE, "approval", "gate"), opened()];
    expect(await runBody()).toMatchObject({ status: "running", phase: "gate", approvals: [{ status: "waiting" }] });
  });

  it("is found by its id or the end of it", async () => {
    for (const name of [RUN, "run_7FQ2", "7FQ2", "7fq2"])
      expect(await get(`/api/runs/${name}`)).toMatchObject({ status: 200 });
    expect(await get("/api/runs/ZZZZ")).toMatchObject({ status: 404 });
    for (const name of ["7", "run_", "7FQ2'--", "*"])
      expect(await get(`/api/runs/${name}`)).toMatchObject({ status: 422 });
  });

  it("is gone where somebody had it redacted", async () => {
    rig.unreadable = new AppError("the payload of event 7 of the log was redacted", { code: "store.redacted" });
    const answer = await get("/api/runs/7FQ2");
    expect([answer.status, bodyOf(answer)]).toMatchObject([410, { error: { code: "store.redacted" } }]);
    rig.unreadable = new AppError("odd", { code: "store.corrupt" });
    await expect(get("/api/runs/7FQ2")).rejects.toThrow("odd");
  });

  it("gives the files that its steps left, but not what is sealed", async () => {
    expect((await runBody()).files).toMatchObject([
      { name: "sync.log", digest: LOG.digest, url: `/api/runs/${RUN}/artifacts/${LOG.digest}` },
      { name: "plan", digest: PLAN.digest },
      { name: "gone" },
    ]);
    expect((await runBody()).files[1]).not.toHaveProperty("url");
    const file = await get(`/api/runs/7FQ2/artifacts/${LOG.digest}`);
    expect([file.status, Buffer.from(file.bytes ?? []).toString()]).toEqual([200, "log"]);
    const statuses = [PLAN.digest, "d".repeat(64), "c".repeat(64), "x"].map(
      async (digest) => (await get(`/api/runs/7FQ2/artifacts/${digest}`)).status,
    );
    expect(await Promise.all(statuses)).toEqual([404, 404, 410, 422]);
  });
});

describe("lists", () => {
  it("have runs, and say how to go on where there may be more", async () => {
    expect(bodyOf(await get("/api/runs?service=checkout&environment=prod&open=false&limit=2"))).toMatchObject({
      runs: [{ id: RUN, requestedBy: "Ana", environments: ["staging", "prod"], gatesWaiting: 0 }],
    });
    expect(bodyOf(await get("/api/runs?limit=1"))).toMatchObject({ next: RUN });
    expect(bodyOf(await get(`/api/runs?before=${RUN}`))).toEqual({ runs: [] });
  });

  it("say which service was meant where there is none, but have the runs of what is not there any more", async () => {
    expect(bodyOf(await get("/api/runs?service=gone"))).toMatchObject({ runs: [{ id: RUN }] });
    expect(bodyOf(await get(`/api/runs?service=gone&before=${RUN}`))).toEqual({ runs: [] });
    const answer = await get("/api/runs?service=chekout");
    expect([answer.status, bodyOf(answer)]).toEqual([
      422,
      { error: { code: "input.service", message: "There is none.", suggestions: ["checkout"] } },
    ]);
  });

  it("take nothing that they do not know", async () => {
    for (const query of [
      "limit=0",
      "limit=201",
      "limit=x",
      "limit=1&limit=2",
      "open=yes",
      "before=1",
      "status=failed",
      "service=",
    ]) {
      expect(await get(`/api/runs?${query}`)).toMatchObject({ status: 422 });
    }
  });
});

describe("what is live, and what was", () => {
  it("is told by the names of those who brought it there", async () => {
    const place = {
      environment: "prod",
      app: "main/argocd/checkout-prod",
      health: "Healthy",
      sync: "Synced",
      revision: LIVE,
    };
    const provenBy = { run: RUN, requester: "p_ana", approvedBy: ["p_bo"] };
    rig.where = {
      kind: "where",
      service: "checkout",
      revision: { sha: SHA, short: "abc1230", subject: "Add retries" },
      places: [{ ...place, provenAt: AT, provenBy, bearing: "missing" }],
    };
    expect(WhereBody.parse(bodyOf(await get("/api/where?service=checkout&revision=abc123")))).toMatchObject({
      places: [{ provenBy: { run: RUN, requestedBy: "Ana", approvedBy: ["Bo"] }, bearing: "missing" }],
    });
    rig.history = {
      kind: "history",
      about: "checkout",
      runs: [{ ...rowOf(viewOf(rig.events).state), approvedBy: ["p_bo"], rejectedBy: [] }],
      operations: [
        {
          app: "main/argocd/checkout-prod",
          service: "checkout",
          environment: "prod",
          who: "admin",
          phase: "Succeeded",
          message: "",
          revisions: [LIVE],
          startedAt: AT,
          endedAt: AT,
        },
      ],
    };
    expect(HistoryBody.parse(bodyOf(await get("/api/history?service=checkout&by=U0ANA00001")))).toMatchObject({
      runs: [{ requestedBy: "Ana", approvedBy: ["Bo"] }],
      operations: [{ who: "admin" }],
    });
  });

  it("says which service there is instead", async () => {
    rig.where = { kind: "notice", code: "input.service", message: "There is no service.", suggestions: ["checkout"] };
    rig.history = rig.where;
    for (const path of ["/api/where?service=chekout", "/api/history?service=chekout"]) {
      const answer = await get(path);
      expect([answer.status, bodyOf(answer)]).toMatchObject([422, { error: { suggestions: ["checkout"] } }]);
    }
    expect(await get("/api/where")).toMatchObject({ status: 422 });
  });
});
