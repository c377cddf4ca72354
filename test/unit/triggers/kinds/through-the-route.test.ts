import type { IncomingHttpHeaders } from "node:http";

import { describe, expect, it } from "vitest";

import { silentLogger } from "../../../../src/platform/logger.ts";
import type { Told } from "../../../../src/triggers/trigger-desk.ts";
import type { Delivery } from "../../../../src/triggers/trigger-kind.ts";
import { triggerRoute } from "../../../../src/triggers/trigger-routes.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import {
  ARRIVES_AT,
  delivered,
  SECRET,
  TRIGGER_SAMPLES,
  type TriggerSample,
} from "../../../support/trigger-samples.ts";

/** What the server answers to a delivery, and what reaches the desk. */
async function posted(sample: TriggerSample, delivery: Delivery, more: IncomingHttpHeaders = {}) {
  const told: Told[] = [];
  const route = triggerRoute({
    find: (name) =>
      name === "sample"
        ? {
            machine: { sort: "trigger", name },
            kind: sample.kind,
            settings: sample.kind.settings.parse(sample.with),
            secrets: sample.kind.proof === "secret" ? [{ secret: "ONE" }] : [],
            starts: [],
            sameWithinMs: 0,
            oldestMs: 0,
          }
        : undefined,
    desk: {
      take: (_trigger, one) => {
        told.push(one);
        return Promise.resolve({ isNew: true, asked: [], reasons: [] });
      },
    },
    isOpen: () => true,
    resolve: () => SECRET,
    clock: new FakeClock(ARRIVES_AT),
    logger: silentLogger,
  });
  const head = {
    method: "POST",
    path: "/triggers/sample",
    query: delivery.query,
    headers: { ...delivery.headers, ...more },
  };
  const answer = route.admit?.(head) ?? (await route.answer({ ...head, body: delivery.body }));
  return { status: answer.status, told };
}

describe.each(TRIGGER_SAMPLES.map((sample) => [sample.title, sample] as const))("%s over HTTP", (_title, sample) => {
  it("is answered with 200, and its facts reach the desk", async () => {
    const { status, told } = await posted(sample, delivered(sample));
    expect(status).toBe(200);
    expect(told.map(({ kind }) => kind)).toEqual([sample.isIdle === true ? "nothing" : "events"]);
  });

  it("is answered with 401 when it is forged, and nothing reaches the desk", async () => {
    expect(await posted(sample, delivered(sample, { secret: "mallory" }))).toEqual({ status: 401, told: [] });
  });

  it("is answered with 415 when it is of another type, before it is read", async () => {
    const other = await posted(sample, delivered(sample), { "content-type": "application/xml" });
    expect(other).toEqual({ status: 415, told: [] });
  });

  it("is answered with 400 when it is believed and no JSON", async () => {
    // What is not read cannot be believed where the proof stands in the body.
    const status = sample.kind.proof === "own" ? 401 : 400;
    expect(await posted(sample, delivered(sample, { body: Buffer.from("{") }))).toEqual({ status, told: [] });
  });
});
