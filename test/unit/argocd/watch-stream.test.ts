import { PassThrough } from "node:stream";

import { afterEach, describe, expect, it } from "vitest";

import type { Application } from "../../../src/argocd/application.ts";
import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import { WatchStream } from "../../../src/argocd/watch-stream.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { anApplication } from "./application-builder.ts";

/** The far end of the watch: each connect gives a body that the test writes to. */
class FakeFeed {
  readonly clock = new FakeClock();
  readonly heard: string[] = [];
  readonly paths: string[] = [];
  connects = 0;
  refuse: ArgocdError | undefined;
  body = new PassThrough();
  readonly warned: unknown[] = [];
  readonly watch = new WatchStream({
    http: {
      stream: async ({ path, signal }) => {
        this.connects += 1;
        this.paths.push(path);
        await Promise.resolve();
        if (this.refuse !== undefined) throw this.refuse;
        const body = new PassThrough();
        this.body = body;
        signal?.addEventListener("abort", () => body.destroy(new Error("aborted")));
        return body;
      },
    },
    clock: this.clock,
    random: { bytes: () => Buffer.alloc(0), fraction: () => 0.5 },
    logger: { ...silentLogger, warn: (_message, fields) => this.warned.push(fields) },
    filter: { projects: ["team-a", "team-b"] },
    listener: {
      opened: () => this.heard.push("opened"),
      frame: (type: string, application: Application) => {
        this.heard.push(`${type} ${application.metadata.resourceVersion}`);
        return application;
      },
      unreadable: () => this.heard.push("unreadable"),
      closed: () => this.heard.push("closed"),
    },
  });

  async start(): Promise<void> {
    this.watch.start();
    await settle();
  }

  async sends(text: string): Promise<void> {
    this.body.write(text);
    await settle();
  }

  async sendsFrame(version: number, type = "MODIFIED"): Promise<void> {
    await this.sends(`data: ${JSON.stringify({ result: { type, application: anApplication({ version }) } })} \n\n\n`);
  }

  async ends(): Promise<void> {
    this.body.end();
    await settle();
  }
}

const feeds: FakeFeed[] = [];
async function aFeed(): Promise<FakeFeed> {
  const feed = new FakeFeed();
  feeds.push(feed);
  await feed.start();
  return feed;
}

afterEach(async () => {
  for (const feed of feeds.splice(0)) await feed.watch[Symbol.asyncDispose]();
});

describe("WatchStream", () => {
  it("hands on frames as they come, and tells the first byte of a connection", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1, "ADDED");
    await feed.sends(":\n");
    await feed.sendsFrame(2);
    expect(feed.heard).toEqual(["opened", "ADDED 1", "MODIFIED 2"]);
    expect(feed.watch.health()).toEqual({ connected: true, connections: 1 });
  });

  it("asks for the projects, and for errors as well as for what is judged", async () => {
    const feed = await aFeed();
    const query = new URL(feed.paths[0] ?? "", "http://x").searchParams;
    expect(query.getAll("projects")).toEqual(["team-a", "team-b"]);
    expect(query.has("resourceVersion")).toBe(false);
    expect(query.get("fields")?.split(",")).toEqual(
      expect.arrayContaining([
        "error",
        "result.type",
        "result.application.operation",
        "result.application.status.operationState",
      ]),
    );
  });

  it("waits long for the first frame, because Argo CD sends no header before it", async () => {
    const feed = await aFeed();
    await feed.clock.advance(299_000);
    expect(feed.connects).toBe(1);
    await feed.clock.advance(60_000);
    expect(feed.connects).toBe(2);
  });

  it("reconnects after 45 s without a byte, keepalives counting as bytes", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1);
    for (let index = 0; index < 10; index += 1) {
      await feed.clock.advance(15_000);
      await feed.sends(":\n");
    }
    expect(feed.connects).toBe(1);
    await feed.clock.advance(45_000 + 45_000 + 1000);
    expect(feed.connects).toBe(2);
    expect(feed.warned).toMatchObject([{ code: "argocd.stream-silent" }]);
    expect(feed.heard).toEqual(["opened", "MODIFIED 1", "closed"]);
  });

  it("reconnects a second after the server ended the stream, as at its restart", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1);
    await feed.ends();
    expect(feed.watch.health().connected).toBe(false);
    expect(feed.warned).toMatchObject([{ code: "argocd.stream-ended" }]);
    await feed.clock.advance(1000);
    expect(feed.connects).toBe(2);
    await feed.sendsFrame(2);
    expect(feed.heard).toEqual(["opened", "MODIFIED 1", "closed", "opened", "MODIFIED 2"]);
  });

  it("takes longer and longer while it is not let in, up to half a minute, and is quick again once it was", async () => {
    const feed = await aFeed();
    feed.refuse = new ArgocdError("away", { class: "unreachable" });
    await feed.ends();
    await feed.clock.advance(1000 + 2000 + 4000 + 8000 + 16_000 + 30_000);
    expect(feed.connects).toBe(7);
    await feed.clock.advance(30_000);
    expect(feed.connects).toBe(8);
    feed.refuse = undefined;
    await feed.clock.advance(30_000);
    await feed.sendsFrame(1);
    await feed.ends();
    await feed.clock.advance(1000);
    expect(feed.connects).toBe(10);
  });

  it("asks seldom with a token that is refused", async () => {
    const feed = new FakeFeed();
    feeds.push(feed);
    feed.refuse = new ArgocdError("no", { class: "auth" });
    await feed.start();
    await feed.clock.advance(299_000);
    expect(feed.connects).toBe(1);
    expect(feed.watch.health().connected).toBe(false);
    expect(feed.warned).toMatchObject([{ code: "argocd.auth" }]);
  });

  it("reconnects on an error frame, in the form of a stream, with or without its line end", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1);
    feed.body.write(
      'data: {"error":{"grpc_code":14,"http_code":503,"message":"transport is closing","http_status":"x"}}',
    );
    await feed.ends();
    expect(feed.warned).toMatchObject([
      { code: "argocd.transient", reason: expect.stringContaining("transport is closing") },
    ]);
    await feed.clock.advance(1000);
    expect(feed.connects).toBe(2);
  });

  it("does not fall over a frame it cannot read, cut short or of another shape", async () => {
    const feed = await aFeed();
    await feed.sends('data: {"result":{"type":"ADDED","application":{"meta\n\n');
    await feed.sends('data: {"result":{"type":"ADDED"}}\n\n');
    await feed.sends("data: {}\n\n");
    await feed.sendsFrame(3);
    expect(feed.heard).toEqual(["opened", "unreadable", "unreadable", "unreadable", "MODIFIED 3"]);
    expect(feed.connects).toBe(1);
  });

  it("counts a truncated stream as one that ended", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1);
    feed.body.write('data: {"result":{"type":"MODIF');
    feed.body.destroy(new Error("socket hang up"));
    await settle();
    await feed.clock.advance(1000);
    expect(feed.connects).toBe(2);
    expect(feed.heard).toEqual(["opened", "MODIFIED 1", "closed"]);
  });

  it("stops at once, and leaves no timer", async () => {
    const feed = await aFeed();
    await feed.sendsFrame(1);
    await feed.watch[Symbol.asyncDispose]();
    await feed.clock.advance(120_000);
    expect(feed.connects).toBe(1);
    expect(feed.clock.pendingTimers).toBe(0);
  });
});
