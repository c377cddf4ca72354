import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";

import { afterEach, describe, expect, it } from "vitest";

import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { type ArgocdAddress, ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { infosOf } from "../../src/argocd/operation-identity.ts";
import { listen } from "../../src/platform/listen.ts";
import { FakeClock, settle } from "../support/fake-clock.ts";
import { createSelfSignedCertificate } from "../support/self-signed-certificate.ts";
import { anApplication, ours, SHA_B } from "../unit/argocd/application-builder.ts";

interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = (response: ServerResponse, received: Received) => void;

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const json =
  (body: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
const refusal = (status: number, code: number, message: string): Answer =>
  json({ error: message, code, message }, status);

/** A server that answers the requests in order, the last answer again and again, and keeps what it received. */
async function aServer(answers: readonly Answer[], tls?: { readonly key: string; readonly cert: string }) {
  const received: Received[] = [];
  const server: Server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const entry = { method: request.method ?? "", path: request.url ?? "", headers: request.headers, body };
      const answer = answers[Math.min(received.length, answers.length - 1)];
      received.push(entry);
      answer?.(response, entry);
    });
  });
  const { port } = await listen(server);
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { received, url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}` };
}

function aClient(
  address: Omit<ArgocdAddress, "token">,
  { mayWrite = true, ...limits }: { readonly maxResponseBytes?: number; readonly mayWrite?: boolean } = {},
) {
  const clock = new FakeClock();
  const http = new ArgocdHttp({ token: "a.b.c", clock, ...address, ...limits, mayWrite: () => mayWrite });
  open.push(() => http[Symbol.asyncDispose]());
  return {
    clock,
    client: new ArgocdClient({ http, clock, random: { bytes: () => Buffer.alloc(0), fraction: () => 0.5 } }),
  };
}

const app = { namespace: "team-a", name: "web", project: "shop" };

/** Lets real sockets do their work while the fake clock moves. */
async function passing<Result>(clock: FakeClock, result: Promise<Result>, stepMs = 500): Promise<Result> {
  const state = { ended: false };
  const watched = result.finally(() => (state.ended = true));
  watched.catch(() => undefined);
  while (!state.ended) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    await clock.advance(stepMs);
  }
  return await watched;
}

describe("ArgocdClient on the wire", () => {
  it("puts address and project of a read into the query, and nothing of gRPC or HTTP/2 into the rest", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: `${server.url}/argo/` });
    await client.getApplication(app);
    expect(server.received).toMatchObject([
      {
        method: "GET",
        path: "/argo/api/v1/applications/web?appNamespace=team-a&project=shop",
        body: "",
        headers: { authorization: "Bearer a.b.c", accept: "application/json" },
      },
    ]);
    expect(server.received[0]?.headers).not.toHaveProperty("grpc-timeout");
    expect(server.received[0]?.headers).not.toHaveProperty("content-type");
  });

  it("puts everything of a sync into the body, with exactly the content type that Argo CD compares", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: server.url });
    await client.sync(app, { revision: SHA_B, infos: infosOf(ours), prune: true });
    const [sent] = server.received;
    expect(sent).toMatchObject({
      method: "POST",
      path: "/api/v1/applications/web/sync",
      headers: { "content-type": "application/json" },
    });
    expect(JSON.parse(sent?.body ?? "")).toEqual({
      appNamespace: "team-a",
      project: "shop",
      revision: SHA_B,
      prune: true,
      infos: infosOf(ours),
    });
  });

  it("puts the address of a termination into the query, and sends the content type although there is no body", async () => {
    const server = await aServer([
      json({}),
      refusal(400, 3, "Unable to terminate operation. No operation is in progress"),
    ]);
    const { client } = aClient({ url: server.url });
    await client.terminate(app);
    await expect(client.terminate(app)).rejects.toMatchObject({ code: "argocd.no-operation" });
    expect(server.received[0]).toMatchObject({
      method: "DELETE",
      path: "/api/v1/applications/web/operation?appNamespace=team-a&project=shop",
      body: "",
      headers: { "content-type": "application/json" },
    });
  });

  it("names the entry of the history in a rollback, with everything else in the body", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: server.url });
    await client.rollback(app, { historyId: 0, prune: false });
    expect(server.received.map(({ path }) => path)).toEqual(["/api/v1/applications/web/rollback"]);
    expect(server.received.map(({ body }) => JSON.parse(body))).toEqual([
      { appNamespace: "team-a", project: "shop", id: 0, prune: false },
    ]);
  });

  it("sends revisions and positions, numbers, for several sources", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: server.url });
    await client.sync(app, { sources: [{ position: 2, revision: SHA_B }], infos: [] });
    expect(server.received.map(({ body }) => JSON.parse(body))).toEqual([
      {
        appNamespace: "team-a",
        project: "shop",
        revisions: [SHA_B],
        sourcePositions: [2],
        prune: false,
        infos: [],
      },
    ]);
  });

  it("asks for a right with the object as a path, and takes everything but yes for no", async () => {
    const server = await aServer([json({ value: "yes" }), json({ value: "no" })]);
    const { client } = aClient({ url: server.url });
    const right = { resource: "applications", action: "sync", object: "shop/team-a/we b" } as const;
    expect(await client.canI(right)).toBe(true);
    expect(await client.canI({ ...right, object: "*" })).toBe(false);
    expect(server.received.map(({ path }) => path)).toEqual([
      "/api/v1/account/can-i/applications/sync/shop/team-a/we%20b",
      "/api/v1/account/can-i/applications/sync/*",
    ]);
  });

  it("tells the server itself by when to give up a refresh", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: server.url });
    await client.refreshApplication(app);
    expect(server.received).toMatchObject([
      { path: expect.stringContaining("refresh=normal"), headers: { "grpc-timeout": "60S" } },
    ]);
  });

  it("asks the other questions where Argo CD answers them", async () => {
    const answers: Answer[] = [
      json({ Version: "v3.5.1+abc" }),
      json({ loggedIn: true, username: "bot" }),
      json({ url: "https://argocd.example.com" }),
      json({ items: null }),
      json({ manifests: ["{}"] }),
      json({ nodes: [{ kind: "Pod", name: "web-1", health: { status: "Healthy" } }] }),
      json({ canSync: true }),
    ];
    const server = await aServer(answers);
    const { client } = aClient({ url: server.url });
    expect(await client.version()).toBe("v3.5.1+abc");
    expect(await client.userInfo()).toMatchObject({ loggedIn: true, username: "bot" });
    expect(await client.settings()).toEqual({ url: "https://argocd.example.com" });
    expect(await client.listApplications({ projects: ["a", "b"] })).toEqual([]);
    expect(await client.manifests(app, { sources: [{ position: 1, revision: SHA_B }] })).toEqual(["{}"]);
    expect(await client.resourceTree(app)).toMatchObject([{ kind: "Pod" }]);
    expect(await client.syncWindows(app)).toEqual({ canSync: true });
    const paths = server.received.map(({ path }) => path);
    expect(paths[0]).toBe("/api/version");
    expect(paths[3]).toMatch(/^\/api\/v1\/applications\?projects=a&projects=b&fields=/u);
    expect(paths[4]).toBe(
      `/api/v1/applications/web/manifests?sourcePositions=1&revisions=${SHA_B}&appNamespace=team-a&project=shop`,
    );
  });
});

describe("ArgocdClient that may only observe", () => {
  it("refuses everything that asks for a change before it leaves the process, a refresh too, and reads as always", async () => {
    const server = await aServer([json(anApplication())]);
    const { client } = aClient({ url: server.url }, { mayWrite: false });
    const writes = [
      client.sync(app, { revision: SHA_B, infos: [] }),
      client.terminate(app),
      client.rollback(app, { historyId: 0, prune: false }),
      client.refreshApplication(app),
    ];
    for (const write of writes) {
      await expect(write).rejects.toMatchObject({ code: "argocd.observing", retry: "never" });
    }
    await client.getApplication(app);
    expect(server.received.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /api/v1/applications/web?appNamespace=team-a&project=shop",
    ]);
  });
});

describe("ArgocdClient on bad days", () => {
  it("repeats a read twice, and no more, when that may help", async () => {
    const flaky = await aServer([
      refusal(503, 14, "transport is closing"),
      refusal(500, 2, "oops"),
      json(anApplication()),
    ]);
    const first = aClient({ url: flaky.url });
    await expect(passing(first.clock, first.client.getApplication(app))).resolves.toMatchObject({
      metadata: { name: "checkout-prod" },
    });
    const dead = await aServer([refusal(503, 14, "transport is closing")]);
    const second = aClient({ url: dead.url });
    await expect(passing(second.clock, second.client.getApplication(app))).rejects.toMatchObject({
      code: "argocd.transient",
    });
    expect(dead.received).toHaveLength(3);
  });

  it("repeats no read whose answer would be the same", async () => {
    const server = await aServer([refusal(404, 5, "not found")]);
    const { client } = aClient({ url: server.url });
    await expect(client.getApplication(app)).rejects.toMatchObject({ code: "argocd.gone" });
    expect(server.received).toHaveLength(1);
  });

  it("never repeats a sync or a refresh", async () => {
    const server = await aServer([refusal(503, 14, "transport is closing")]);
    const { client } = aClient({ url: server.url });
    await expect(client.sync(app, { revision: SHA_B, infos: [] })).rejects.toMatchObject({ code: "argocd.transient" });
    await expect(client.refreshApplication(app)).rejects.toMatchObject({ code: "argocd.transient" });
    expect(server.received).toHaveLength(2);
  });

  it("gives up on an answer that does not come, each call by its own time", async () => {
    const silent: Answer = () => undefined;
    const server = await aServer([silent]);
    const { client, clock } = aClient({ url: server.url });
    const started = clock.monotonic();
    await expect(passing(clock, client.getApplication(app))).rejects.toMatchObject({
      code: "argocd.timeout",
      retry: "backoff",
    });
    expect(clock.monotonic() - started).toBeLessThan(17_000);
    await expect(passing(clock, client.sync(app, { infos: [] }), 5000)).rejects.toThrow("within 90 s");
    await expect(passing(clock, client.refreshApplication(app), 5000)).rejects.toThrow("within 60 s");
  });

  it("follows no redirect, so that the token goes nowhere else", async () => {
    const other = await aServer([json(anApplication())]);
    const server = await aServer([
      (response) => {
        response.writeHead(307, { location: `${other.url}/api` });
        response.end();
      },
    ]);
    const { client } = aClient({ url: server.url });
    await expect(client.getApplication(app)).rejects.toMatchObject({ code: "argocd.redirect" });
    expect(other.received).toEqual([]);
  });

  it.each([
    ["a page of a proxy", 200, "text/html", "<html>Sign in</html>", "argocd.not-json"],
    ["a page of a proxy that is down", 502, "text/html", "<html>Bad Gateway</html>", "argocd.transient"],
    ["something that is no JSON", 200, "application/json", '{"metadata":{"name":', "argocd.bad-response"],
    ["JSON of another shape", 200, "application/json", '{"metadata":{"name":7}}', "argocd.bad-response"],
    ["an address without Argo CD", 404, "text/plain", "404 page not found", "argocd.route"],
  ])("is told %s from Argo CD", async (_what, status, type, body, code) => {
    const server = await aServer([
      (response) => {
        response.writeHead(status, { "content-type": type });
        response.end(body);
      },
    ]);
    const { client, clock } = aClient({ url: server.url });
    await expect(passing(clock, client.getApplication(app))).rejects.toMatchObject({ code });
  });

  it("names the place in an answer that does not fit", async () => {
    const server = await aServer([json({ metadata: { name: "web" }, status: { health: { status: 7 } } })]);
    const { client } = aClient({ url: server.url });
    await expect(client.getApplication(app)).rejects.toThrow("status.health.status");
  });

  it("notices an answer that is cut off", async () => {
    const server = await aServer([
      (response) => {
        response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
        response.write('{"metadata":');
        setImmediate(() => response.destroy());
      },
    ]);
    const { client, clock } = aClient({ url: server.url });
    await expect(passing(clock, client.getApplication(app))).rejects.toMatchObject({ code: "argocd.unreachable" });
    expect(server.received).toHaveLength(3);
  });

  it("reads no more than its limit of a huge answer, error pages included", async () => {
    const huge =
      (status: number): Answer =>
      (response) => {
        response.writeHead(status, { "content-type": "text/html" });
        response.end(`<html>${"x".repeat(300_000)}`);
      };
    const server = await aServer([huge(200), huge(403)]);
    const { client } = aClient({ url: server.url }, { maxResponseBytes: 100_000 });
    await expect(client.getApplication(app)).rejects.toMatchObject({ code: "argocd.too-large" });
    await expect(client.getApplication(app)).rejects.toMatchObject({ code: "argocd.not-json" });
  });

  it("ends a call with the reason of its signal, one that waits for its turn as well", async () => {
    const server = await aServer([() => undefined]);
    const { client } = aClient({ url: server.url });
    const stop = new AbortController();
    const calls = Array.from({ length: 20 }, () => client.getApplication(app, { signal: stop.signal }));
    await settle();
    stop.abort(new Error("cancelled"));
    const ended = await Promise.allSettled(calls);
    expect(
      ended.every(
        (call) => call.status === "rejected" && call.reason instanceof Error && call.reason.message === "cancelled",
      ),
    ).toBe(true);
    await expect(client.getApplication(app, { signal: stop.signal })).rejects.toThrow("cancelled");
  });

  it("has at most ten calls under way, and refreshes that hang do not keep reads waiting", async () => {
    let underWay = 0;
    let most = 0;
    const held: ServerResponse[] = [];
    const server = await aServer([
      (response, { path }) => {
        underWay += 1;
        most = Math.max(most, underWay);
        if (path.includes("refresh=")) {
          held.push(response);
          return;
        }
        setTimeout(() => {
          underWay -= 1;
          json(anApplication())(response, { method: "", path, headers: {}, body: "" });
        }, 2);
      },
    ]);
    const { client } = aClient({ url: server.url });
    const refreshes = Array.from({ length: 20 }, () => client.refreshApplication(app).catch(() => undefined));
    await Promise.all(Array.from({ length: 60 }, () => client.getApplication(app)));
    expect(most).toBeLessThanOrEqual(10);
    expect(most).toBeGreaterThan(5);
    expect(held).toHaveLength(3);
    for (const close of open.splice(0).toReversed()) await close();
    await Promise.all(refreshes);
  });

  it("says that nothing listens, and that an address is none", async () => {
    const { client, clock } = aClient({ url: "http://127.0.0.1:9" });
    await expect(passing(clock, client.version())).rejects.toMatchObject({ code: "argocd.unreachable" });
    expect(() => aClient({ url: "argocd.example.com" })).toThrow(expect.objectContaining({ code: "argocd.bad-url" }));
    expect(() => aClient({ url: "ftp://argocd.example.com" })).toThrow("not an http or https address");
  });
});

describe("ArgocdClient over TLS", () => {
  it("trusts the authority that it is given, and no other", async () => {
    const certificate = createSelfSignedCertificate("argocd");
    const other = createSelfSignedCertificate("other");
    const server = await aServer([json({ Version: "v3.5.1" })], certificate);
    await expect(aClient({ url: server.url, ca: certificate.cert }).client.version()).resolves.toBe("v3.5.1");
    await expect(aClient({ url: server.url }).client.version()).rejects.toMatchObject({ code: "argocd.tls" });
    await expect(aClient({ url: server.url, ca: other.cert }).client.version()).rejects.toMatchObject({
      code: "argocd.tls",
    });
    await expect(aClient({ url: server.url, insecure: true }).client.version()).resolves.toBe("v3.5.1");
  });

  it("says so when the server speaks no TLS", async () => {
    const server = await aServer([json({ Version: "v3.5.1" })]);
    await expect(aClient({ url: server.url.replace("http:", "https:") }).client.version()).rejects.toMatchObject({
      code: "argocd.tls",
    });
  });
});
