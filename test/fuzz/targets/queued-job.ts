import { isDeepStrictEqual } from "node:util";

import { openEnvelope, sealEnvelope } from "../../../src/dispatch/envelope.ts";
import { readQueuedWork } from "../../../src/dispatch/queued-work.ts";
import { writeJob } from "../../../src/dispatch/wire.ts";
import { tryJson } from "../../../src/platform/try-json.ts";
import { SAFE_JOB, SAFE_KINDS } from "../../unit/dispatch/sample-job.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const key = { id: "k1", bytes: new Uint8Array(32).fill(7) };
const connection = { name: "main", url: "https://argocd.test" };
const body = writeJob({ job: SAFE_JOB, connection }, "1.0.0");
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
    const asData = readQueuedWork(key, tryJson(input), SAFE_KINDS);
    const isOurs = isDeepStrictEqual(asData, readQueuedWork(key, { envelope: sealed }, SAFE_KINDS));
    must(asData.kind === "refused" || isOurs, "only what we signed is work");
    const value = tryJson(input);
    const own =
      typeof value === "object" && value !== null
        ? readQueuedWork(key, { envelope: sealEnvelope(key, value) }, SAFE_KINDS)
        : undefined;
    return [opened, asData, own];
  },
};
