import { createHmac } from "node:crypto";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { ANA, AppRig, DEPLOYS } from "../support/app-rig.ts";
import { ProcessRig } from "../support/process-rig.ts";

describe("Slack over HTTP", () => {
  let app: AppRig;

  beforeAll(async () => {
    app = await AppRig.open({ receive: "http" });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  /** One and the same request, however often it is sent. */
  function command(text: string): () => Promise<Response> {
    const { environment } = app.world;
    const body = new URLSearchParams({
      team_id: "T0HARBOR01",
      channel_id: DEPLOYS,
      user_id: ANA,
      command: "/promote",
      text,
      trigger_id: "77.88.99",
    }).toString();
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = createHmac("sha256", environment["SLACK_SIGNING_SECRET"] ?? "")
      .update(`v0:${timestamp}:${body}`)
      .digest("hex");
    const headers = {
      "content-type": "application/x-www-form-urlencoded",
      "x-slack-request-timestamp": timestamp,
      "x-slack-signature": `v0=${signature}`,
    };
    return () => fetch(`${app.application.address}/slack/events`, { method: "POST", headers, body });
  }

  it("does a command once, also when it is sent again to a server that has just started and remembers nothing", async () => {
    const send = command("checkout abc123 to staging");
    expect(await (await send()).text()).toContain("Looking into it");
    expect((await send()).status).toBe(401);
    await app.card(/staging/u);
    await app.stop();
    await app.start();
    const again = await send();
    expect([again.status, await again.text()]).toEqual([200, ""]);
    expect(app.application.store.events.listRuns({ limit: 10 })).toHaveLength(1);
  });

  it("lets people see that a command did not arrive while the server stops, and reaches the next one", async () => {
    const stopping = app.stop();
    expect(await app.type(ANA, "/qd status")).toContain("dispatch_failed");
    await stopping;
    await app.start();
    expect(await app.type(ANA, "/qd status")).toContain("checkout");
  });
});

describe("the server", () => {
  it("says that it is not ready while Slack is away, and that it is when that is back", async () => {
    await using app = await AppRig.open();
    const standing = async (): Promise<readonly unknown[]> => {
      const response = await fetch(`${app.application.address}/readyz`);
      return [response.status, await response.json()];
    };
    const ready = { ready: true, log: "ready", slack: "ready", argocd: { main: "ready" } };
    expect(await standing()).toEqual([200, ready]);
    const isBack = app.world.slack.startOutage();
    await app.until("the connections to be lost", () =>
      app.log.some(({ message }) => message === "a connection to Slack was lost"),
    );
    expect(await standing()).toEqual([503, { ...ready, ready: false, slack: "disconnected" }]);
    isBack();
    const begunMs = performance.now();
    while ((await standing())[0] !== 200 && performance.now() - begunMs < 15_000)
      await app.until("a moment", () => true);
    expect(await standing()).toEqual([200, ready]);
  });

  it("names the port that it cannot have, and whoever comes second hears where the first is", async () => {
    await using rig = await ProcessRig.open();
    await rig.start();
    const { PORT: port = "" } = rig.world.environment;
    const second = await rig.run(["serve"]);
    expect(second.code).toBe(1);
    const [address = ""] = /http:\/\/127\.0\.0\.1:\d+/u.exec(second.stderr) ?? [];
    expect(await (await fetch(`${address}/healthz`)).text()).toBe("alive\n");
    const other = await rig.run(["serve"], { QUARTERDECK_DATA: rig.path("other-data") });
    expect([other.code, other.stderr]).toEqual([
      1,
      `Another program listens on 127.0.0.1:${port} already. End it, or set PORT to a free port\n`,
    ]);
  });
});
