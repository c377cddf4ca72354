import { describe, expect, it } from "vitest";

import type { HttpAnswer } from "../../../src/http/http-route.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { makeRunLink } from "../../../src/web/run-link.ts";
import { runRoute } from "../../../src/web/run-route.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { ended, RUN, started, SYNC, viewOf } from "../slack/sample-run.ts";

const KEY = { id: "k", bytes: new Uint8Array(32) };
const HOUR = 3_600_000;

const LOG = { digest: "a".repeat(64), bytes: 3, name: "it's a (log).txt", mediaType: "text/plain", sealed: false };
const PLAN = { ...LOG, digest: "b".repeat(64), name: "plan", sealed: true };
const GONE = { ...LOG, digest: "c".repeat(64), name: "gone" };

async function open(
  options: { readonly waitMs?: number; readonly run?: string; readonly fails?: boolean; readonly file?: string } = {},
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
  const events = [started(), { ...ended(SYNC), artifacts: [LOG, PLAN, GONE] }];
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
    readFile: async ({ digest }) => {
      if (digest !== LOG.digest) throw new AppError("it was deleted", { code: "artifact.missing" });
      return Buffer.from("log");
    },
    names: () => Promise.resolve(new Map([["p_ana", "Ana"]])),
  });
  const asked = options.file === undefined ? path : `${path}/files/${options.file}`;
  return await route.answer({ method: "GET", path: asked, query: search.slice(1), headers: {}, body: Buffer.alloc(0) });
}

describe("the address of a run's page", () => {
  it("shows the run while the link is good", async () => {
    const { status, body } = await open();
    expect([status, body?.includes("Ana")]).toEqual([200, true]);
  });

  it("gives a file of the run to be kept, and not to be shown", async () => {
    const { status, headers, bytes } = await open({ file: LOG.digest });
    expect([status, Buffer.from(bytes ?? []).toString()]).toEqual([200, "log"]);
    expect(headers).toMatchObject({
      "content-disposition": "attachment; filename*=UTF-8''it%27s%20a%20%28log%29.txt",
      "x-content-type-options": "nosniff",
      "content-type": "text/plain",
    });
  });

  it("gives no file that is sealed, of another run, gone, or asked for in another way", async () => {
    const statuses = [
      PLAN.digest,
      "d".repeat(64),
      GONE.digest,
      "../../secret",
      `${LOG.digest}/files/${LOG.digest}`,
    ].map(async (file) => (await open({ file })).status);
    expect(await Promise.all(statuses)).toEqual([404, 404, 410, 404, 404]);
    expect(await open({ file: LOG.digest, waitMs: HOUR })).toMatchObject({ status: 403 });
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
