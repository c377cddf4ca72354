import { describe, expect, it } from "vitest";

import { gitlabKind } from "../../../../src/triggers/kinds/gitlab.ts";
import type { Reading } from "../../../../src/triggers/trigger-kind.ts";
import {
  ARRIVES_AT,
  eventsOf,
  SECRET,
  standardHeaders,
  triggerFixture,
  withPart,
} from "../../../support/trigger-samples.ts";

const COMMIT = "4f1c9a2b7d8e6f5a0b3c1d2e4f6a8b9c0d1e2f3a";
const tokenOnly = { settings: { signed: false }, secrets: [SECRET] };

async function read(body: Buffer, headers = {}): Promise<Reading> {
  return gitlabKind.read({ headers, query: "", body, at: ARRIVES_AT }, { signed: false });
}

describe("gitlab", () => {
  it("reads the end of a pipeline", async () => {
    expect(eventsOf(await read(triggerFixture("gitlab/pipeline")))).toMatchObject([
      {
        event: {
          kind: "pipeline",
          repository: "shop/checkout",
          branch: "main",
          tag: "",
          commit: COMMIT,
          conclusion: "success",
          startedBy: "push",
          pipeline: "3101",
          pipelineName: "Pipeline for main",
          sender: "ada",
        },
        says: "The pipeline of shop/checkout ended with success on main at 4f1c9a2",
        link: "https://gitlab.acme.example/shop/checkout/-/pipelines/3101",
        happenedAt: Date.UTC(2026, 0, 1, 9, 59, 29),
        causedBy: ["ada@acme.example", "grace@acme.example"],
      },
    ]);
  });

  it("reads pushes of commits and of tags, without the address that GitLab hides", async () => {
    expect(eventsOf(await read(triggerFixture("gitlab/push")))).toMatchObject([
      {
        event: { kind: "push", branch: "main", commit: COMMIT },
        causedBy: ["ada@acme.example", "grace@acme.example"],
        link: `https://gitlab.acme.example/shop/checkout/-/commit/${COMMIT}`,
      },
    ]);
    expect(eventsOf(await read(triggerFixture("gitlab/tag_push")))).toMatchObject([
      { event: { kind: "push", branch: "", tag: "v1.4.0", commit: COMMIT }, causedBy: [] },
    ]);
  });

  it.each([
    ["gitlab/pipeline", "object_attributes.status", "running", "the pipeline has not ended"],
    ["gitlab/pipeline", "object_attributes.sha", "main", "it does not name the commit of the pipeline"],
    ["gitlab/push", "checkout_sha", null, "main was deleted"],
    ["gitlab/push", "ref", "refs/keep-around/1", "it is a push of neither a branch nor a tag"],
    ["gitlab/push", "object_kind", "merge_request", "nothing is read from the event merge_request"],
  ])("starts nothing by %s with %s %j", async (fixture, path, value, reason) => {
    expect(await read(withPart(fixture, path, value))).toMatchObject({ kind: "nothing", reason });
  });

  it("starts nothing by a pipeline that ran for a fork", async () => {
    const fork = withPart("gitlab/pipeline", "merge_request", { source_project_id: 9, target_project_id: 15 });
    expect(await read(fork)).toMatchObject({ kind: "nothing", reason: expect.stringContaining("fork") });
    const unknown = withPart("gitlab/pipeline", "merge_request", { id: 1 });
    expect(await read(unknown)).toMatchObject({ kind: "nothing", reason: expect.stringContaining("fork") });
    const own = withPart("gitlab/pipeline", "merge_request", { source_project_id: 15, target_project_id: 15 });
    expect(await read(own)).toMatchObject({ kind: "events" });
  });

  it("links to the pipeline also where an older GitLab does not", async () => {
    for (const url of [undefined, "https://gitlab.acme.example/elsewhere"]) {
      const [fact] = eventsOf(await read(withPart("gitlab/pipeline", "object_attributes.url", url)));
      expect(fact?.link).toBe(url ?? "https://gitlab.acme.example/shop/checkout/-/pipelines/3101");
    }
  });

  it("is named by what stays the same when GitLab sends it again", async () => {
    const body = triggerFixture("gitlab/push");
    const names = { "idempotency-key": "key-1", "x-gitlab-event-uuid": "event-1" };
    expect(await read(body, names)).toMatchObject({ delivery: "key-1" });
    expect(await read(body, { ...names, "webhook-id": "msg-1" })).toMatchObject({ delivery: "msg-1" });
    const older = { "x-gitlab-event-uuid": "event-1" };
    const first = await read(body, older);
    expect(await read(body, older)).toEqual(first);
    // Events that cause one another share that id.
    expect(await read(triggerFixture("gitlab/pipeline"), older)).not.toMatchObject({
      delivery: first.kind === "events" ? first.delivery : "",
    });
  });

  it("wants a signature to be right when there is one, even beside the right token", async () => {
    const body = triggerFixture("gitlab/push");
    const headers = { ...standardHeaders(body, "mallory"), "x-gitlab-token": SECRET };
    expect(await gitlabKind.verify({ headers, query: "", body, at: ARRIVES_AT }, tokenOnly)).toBe("signature");
  });

  it("does not take a token where only signatures count", async () => {
    const delivery = {
      headers: { "x-gitlab-token": SECRET },
      query: "",
      body: triggerFixture("gitlab/push"),
      at: ARRIVES_AT,
    };
    expect(await gitlabKind.verify(delivery, tokenOnly)).toBeUndefined();
    expect(gitlabKind.admit(delivery, { settings: { signed: true }, secrets: [SECRET] })).toBe("unsigned");
  });

  it.each(["whsec_", "whsec_!!!", "whsec_AAAA"])("has no empty key in the signing token %s", async (token) => {
    const body = triggerFixture("gitlab/push");
    for (const key of ["", "\0", "\0\0\0"]) {
      const delivery = { headers: standardHeaders(body, key), query: "", body, at: ARRIVES_AT };
      expect(await gitlabKind.verify(delivery, { settings: { signed: true }, secrets: [token] })).toBe("signature");
    }
  });

  it("takes a signing token that is used as it stands, prefix and all", async () => {
    const token = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
    const body = triggerFixture("gitlab/push");
    const headers = standardHeaders(body, token, { isText: true });
    const delivery = { headers, query: "", body, at: ARRIVES_AT };
    expect(await gitlabKind.verify(delivery, { settings: { signed: true }, secrets: [token] })).toBeUndefined();
  });

  it("takes a signing token that is written with its prefix as base 64", async () => {
    const token = `whsec_${Buffer.from("0123456789abcdef0123456789abcdef").toString("base64")}`;
    const body = triggerFixture("gitlab/push");
    const delivery = { headers: standardHeaders(body, token), query: "", body, at: ARRIVES_AT };
    expect(await gitlabKind.verify(delivery, { settings: { signed: true }, secrets: [token] })).toBeUndefined();
  });
});
