import { describe, expect, it } from "vitest";

import type { HttpAnswer } from "../../../src/http/http-route.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { makeRunLink } from "../../../src/web/run-link.ts";
import { runRoute } from "../../../src/web/run-route.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { RUN, started, viewOf } from "../slack/sample-run.ts";

const KEY = { id: "k", bytes: new Uint8Array(32) };
const HOUR = 3_600_000;

async function open(
  options: { readonly waitMs?: number; readonly run?: string; readonly fails?: boolean } = {},
): Promise<HttpAnswer> {
  const clock = new FakeClock();
  const link = makeRunLink({
    publicUrl: "https://qd.test",
    run: options.run ?? RUN,
    until: clock.now() + HOUR,
    key: KEY,
  });
  const { pathname: path, search } = new URL(link);
  await clock.advance(options.waitMs ?? 0);
  const events = [started()];
  const route = runRoute({
    keys: [KEY],
    clock,
    pageCommand: () => "/qd page",
    view: (run) => {
      if (options.fails === true) throw new AppError("the disk is gone", { code: "store.corrupt" });
      if (run !== RUN) throw new AppError("no", { code: "run.unknown" });
      return viewOf(events);
    },
    events: () => events,
    names: () => Promise.resolve(new Map([["p_ana", "Ana"]])),
  });
  return await route.answer({ method: "GET", path, query: search.slice(1), headers: {}, body: Buffer.alloc(0) });
}

describe("the address of a run's page", () => {
  it("shows the run while the link is good", async () => {
    const { status, body } = await open();
    expect([status, body?.includes("Ana")]).toEqual([200, true]);
  });

  it("says that the link was good once, and how to get a new one", async () => {
    const { status, body } = await open({ waitMs: HOUR });
    expect([status, body?.includes("This link is no longer good"), body?.includes("/qd page")]).toEqual([
      403,
      true,
      true,
    ]);
    expect(body).not.toContain("Ana");
  });

  it("says that a run is not known, to whoever has a good link to it", async () => {
    expect(await open({ run: "run_01JD2K6W3V8QZ7E4M5N6P70000" })).toMatchObject({ status: 404 });
  });

  it("does not take a broken log for a run that is not there", async () => {
    await expect(open({ fails: true })).rejects.toThrow("the disk is gone");
  });
});
