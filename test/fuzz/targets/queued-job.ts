import { isDeepStrictEqual } from "node:util";

import { z } from "zod";

import { openEnvelope, sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { readQueuedWork } from "../../../src/dispatch/queued-work.ts";
import { writeJob } from "../../../src/dispatch/wire.ts";
import { defineAction } from "../../../src/engine/step-kind.ts";
import { tryJson } from "../../../src/platform/try-json.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const key = { id: "k1", bytes: new Uint8Array(32).fill(7) };
const kind = defineAction({
  kind: "test/safe",
  summary: "",
  repeat: "safe",
  input: z.looseObject({}),
  output: z.looseObject({}),
  run: () => Promise.resolve({ status: "succeeded", output: {} }),
});
const kinds = new Map([[kind.kind, kind]]);
const body = writeJob(
  {
    job: {
      effect: { run: "run_1", path: "promote/for-each[prod]/sync", attempt: 2 },
      token: 9,
      uses: "test/safe",
      input: { app: "main/argocd/checkout-prod" },
      facts: { runTitle: "Promote", requester: "p_ana", requesterUser: "U1" },
      checkpointed: { before: 1 },
      prepared: { looked: true },
      startedAt: 7,
    },
    connection: { name: "main", url: "https://argocd.test" },
  },
  "1.0.0",
);
const sealed = sealEnvelope(key, body);

/** What stands in the queue: an envelope that anybody may have made, or the body of one that another version of ours made. */
export const target: FuzzTarget = {
  seeds: [sealed, JSON.stringify({ envelope: sealed }), JSON.stringify(body), sealed.replace('"k1"', '"k2"')],
  words: ["k1", '"v":1', '"kid":', '"mac":', '"body":', '"protocol":1', '"token":', "effect", "facts", "attempt"],
  longest: 20_000,
  run(input) {
    const opened = openEnvelope(key, input);
    if (opened.kind === "opened")
      must(
        JSON.stringify(opened.body) === JSON.stringify(JSON.parse(JSON.stringify(body))),
        "only what we signed is opened",
      );
    const asData = readQueuedWork(key, tryJson(input), kinds);
    const isOurs = isDeepStrictEqual(asData, readQueuedWork(key, { envelope: sealed }, kinds));
    must(asData.kind === "refused" || isOurs, "only what we signed is work");
    const value = tryJson(input);
    const own =
      typeof value === "object" && value !== null
        ? readQueuedWork(key, { envelope: sealEnvelope(key, value) }, kinds)
        : undefined;
    return [opened, asData, own];
  },
};
