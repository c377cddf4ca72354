import { describe, expect, it } from "vitest";

import { sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { readQueuedWork } from "../../../src/dispatch/queued-work.ts";
import { writeJob } from "../../../src/dispatch/wire.ts";
import type { KindOrigin } from "../../../src/engine/kind-origin.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { newKeys } from "../../support/bullmq-rig.ts";
import { SAFE_JOB, SAFE_KINDS } from "./sample-job.ts";

const { job: key } = newKeys();

function read(body: Json | object): ReturnType<typeof readQueuedWork> {
  return readQueuedWork(key, { envelope: sealEnvelope(key, body) }, SAFE_KINDS);
}

/** The body of a good job with some members replaced. */
function bodyWith(more: Readonly<Record<string, Json>>): Json {
  return { ...JSON.parse(JSON.stringify(writeJob({ job: SAFE_JOB, connection: undefined }, "2.0.0"))), ...more };
}

describe("a job in the queue", () => {
  it("arrives as it was written, with everything that the server put into it", () => {
    const connection = { name: "main", url: "https://argocd.test" };
    expect(read(writeJob({ job: SAFE_JOB, connection }, "1.0.0"))).toEqual({
      kind: "job",
      work: { job: SAFE_JOB, connection },
    });
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

  it("of a plug-in in another version, or that is not here, is somebody else's, and says of which versions", () => {
    const origin = { name: "acme-steps", version: "2.0.0", digest: "a".repeat(64) };
    const [known] = SAFE_KINDS.values();
    const having = (own: KindOrigin | undefined): ReturnType<typeof readQueuedWork> => {
      const kinds = new Map(known === undefined ? [] : [[known.kind, { ...known, origin: own }]]);
      const body = writeJob({ job: SAFE_JOB, connection: undefined, origin }, "1.0.0");
      return readQueuedWork(key, { envelope: sealEnvelope(key, body) }, kinds);
    };
    const { uses } = SAFE_JOB;
    expect(having(origin)).toMatchObject({ kind: "job" });
    const server = `and the server ${uses} of acme-steps 2.0.0 (aaaaaaaaaaaa)`;
    expect(having({ ...origin, version: "1.0.0", digest: "b".repeat(64) })).toMatchObject({
      kind: "unable",
      message: `it has ${uses} of acme-steps 1.0.0 (bbbbbbbbbbbb), ${server}`,
    });
    expect(having(undefined)).toMatchObject({ kind: "unable", message: `it has ${uses}, ${server}` });
    expect(read(bodyWith({ uses: "acme/ticket", origin }))).toMatchObject({
      kind: "unable",
      message:
        "it does not know acme/ticket of acme-steps 2.0.0 (aaaaaaaaaaaa), which version 2.0.0 of the program sent",
    });
  });

  it("is refused when it is not even a job", () => {
    for (const body of [null, [], {}, { protocol: 1 }])
      expect(read(body)).toEqual({ kind: "refused", fault: "malformed" });
    for (const data of [undefined, null, "text", { envelope: 7 }])
      expect(readQueuedWork(key, data, SAFE_KINDS)).toEqual({ kind: "refused", fault: "malformed" });
  });
});
