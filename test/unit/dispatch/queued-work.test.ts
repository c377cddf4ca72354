import { describe, expect, it } from "vitest";
import { z } from "zod";

import { sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { readQueuedWork } from "../../../src/dispatch/queued-work.ts";
import { writeJob } from "../../../src/dispatch/wire.ts";
import type { Job } from "../../../src/engine/ports.ts";
import { defineAction } from "../../../src/engine/step-kind.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { newKeys } from "../../support/bullmq-rig.ts";

const { job: key } = newKeys();
const KIND = defineAction({
  kind: "test/safe",
  summary: "",
  repeat: "safe",
  input: z.looseObject({}),
  output: z.looseObject({}),
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});
const KINDS = new Map([[KIND.kind, KIND]]);
const JOB: Job = {
  effect: { run: "run_1", path: "promote/for-each[prod]/sync", attempt: 2 },
  token: 9,
  uses: "test/safe",
  input: { app: "main/argocd/checkout-prod" },
  facts: {
    runTitle: "Promote",
    requester: "p_ana",
    requesterUser: "U1",
    proof: { run: "r", app: "a", applicationUid: "u", revision: "s", sourceDigest: "d", provenAt: 1 },
  },
  checkpointed: { before: 1 },
  prepared: { looked: true },
  startedAt: 7,
};

function read(body: Json | object): ReturnType<typeof readQueuedWork> {
  return readQueuedWork(key, { envelope: sealEnvelope(key, body) }, KINDS);
}

/** The body of a good job with some members replaced. */
function bodyWith(more: Readonly<Record<string, Json>>): Json {
  return { ...JSON.parse(JSON.stringify(writeJob({ job: JOB, connection: undefined }, "2.0.0"))), ...more };
}

describe("a job in the queue", () => {
  it("arrives as it was written, with everything that the server put into it", () => {
    const connection = { name: "main", url: "https://argocd.test" };
    expect(read(writeJob({ job: JOB, connection }, "1.0.0"))).toEqual({ kind: "job", work: { job: JOB, connection } });
  });

  it("of another protocol, of an unknown kind or with unknown contents is somebody else's, and says of which version", () => {
    const unable = { kind: "unable", ref: { key: "run_1/promote/for-each[prod]/sync/2", token: 9 } };
    const message = (says: string): unknown => expect.stringContaining(says);
    expect(read(bodyWith({ protocol: 2 }))).toMatchObject({ ...unable, message: message("version 2.0.0") });
    expect(read(bodyWith({ uses: "test/new" }))).toMatchObject({
      ...unable,
      message: message("does not know test/new"),
    });
    expect(read(bodyWith({ facts: null }))).toMatchObject({ ...unable, message: message("cannot read a job") });
  });

  it("is refused when it is not even a job", () => {
    for (const body of [null, [], {}, { protocol: 1 }])
      expect(read(body)).toEqual({ kind: "refused", fault: "malformed" });
    for (const data of [undefined, null, "text", { envelope: 7 }])
      expect(readQueuedWork(key, data, KINDS)).toEqual({ kind: "refused", fault: "malformed" });
  });
});
