import { createServer } from "node:http";

import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../src/simulator/slack-demo-workspace.ts";
import { type SlackSimulator, startSlackSimulator } from "../../src/simulator/slack-simulator.ts";

const ANA = "U0ANA00001";
const BEN = "U0BEN00001";
const DEPLOYS = "C0DEPLOYS1";
const PAYMENTS = "G0PAYMENT1";

const argo = createServer((request, response) => {
  response.setHeader("Content-Type", request.url === "/_control/events" ? "text/event-stream" : "application/json");
  response.end(request.url === "/_control/events" ? "data: {}\n\n" : JSON.stringify({ asked: request.url }));
});

let slack: SlackSimulator;

beforeEach(async () => {
  await new Promise<void>((resolve) => argo.listen(0, "127.0.0.1", resolve));
  const address = argo.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  slack = await startSlackSimulator({
    clock: systemClock,
    random: systemRandom,
    workspace: slackDemoWorkspace,
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    argoUrl: `http://127.0.0.1:${String(port)}/_control/`,
  });
});

afterEach(async () => {
  await slack.stop();
  argo.closeAllConnections();
  await new Promise((resolve) => argo.close(resolve));
});

const get = (path: string) => fetch(`${slack.url}${path}`);

describe("the page", () => {
  test("and everything that it loads is served under a strict policy", async () => {
    const index = await get("/");
    const html = await index.text();
    expect(index.headers.get("Content-Security-Policy")).toContain("default-src 'none'");
    const assets = [...html.matchAll(/(?:src|href)="(\/[^"]+)"/gu)].map((match) => match[1] ?? "");
    expect(assets.length).toBeGreaterThan(3);
    const seen = new Set(assets);
    for (const asset of seen) {
      const response = await get(asset);
      expect([asset, response.status]).toEqual([asset, 200]);
      if (!asset.endsWith(".js")) continue;
      for (const [, imported] of (await response.text()).matchAll(/from "\.(\/[a-z-]+\.js)"/gu))
        seen.add(imported ?? "");
    }
    expect(seen).toContain("/mrkdwn.js");
  });

  test.each(["/../slack-page.ts", "/%2e%2e/slack-page.ts", "/slack-page.ts", "/nothing.js", "/page/index.html"])(
    "%s is not served",
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  test("shows each person what they may see", async () => {
    slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "hello" });
    slack.people.typeMessage({ user: ANA, channel: PAYMENTS, text: "secret" });
    await slack.people.typeCommand({ user: ANA, channel: DEPLOYS, text: "/promote" });
    const state = async (user: string, channel: string): Promise<string> =>
      (await get(`/_page/state?user=${user}&channel=${channel}`)).text();
    expect(await state(ANA, DEPLOYS)).toContain("dispatch_failed");
    expect(await state(BEN, DEPLOYS)).toContain("hello");
    expect(await state(BEN, DEPLOYS)).not.toContain("dispatch_failed");
    expect(await state(BEN, PAYMENTS)).not.toContain("secret");
    expect(JSON.parse(await state("U0SAM00001", ""))).toMatchObject({ channels: [{ name: "partners" }] });
  });

  test("shows a thread with its parent", async () => {
    const parent = slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "one" });
    slack.people.typeMessage({ user: BEN, channel: DEPLOYS, text: "two", threadTs: parent.ts });
    const response = await get(`/_page/state?user=${ANA}&channel=${DEPLOYS}&thread=${parent.ts}`);
    expect(await response.json()).toMatchObject({
      messages: [{ text: "one", reply_count: 1 }],
      thread: [{ text: "one" }, { text: "two" }],
    });
  });

  test("is told of every change", async () => {
    const response = await get("/_page/events");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    slack.people.typeMessage({ user: ANA, channel: DEPLOYS, text: "hello" });
    let heard = "";
    while (!heard.includes('"kind":"message"')) heard += (await reader?.read())?.value ?? "";
    expect(heard).toContain(DEPLOYS);
    await reader?.cancel();
  });

  test("reaches state and events of the simulated Argo CD, and nothing else of it", async () => {
    expect(await (await get("/_argocd/state")).json()).toEqual({ asked: "/_control/state" });
    expect(await (await get("/_argocd/events")).text()).toBe("data: {}\n\n");
    expect((await get("/_argocd/fault")).status).toBe(404);
  });

  test("says so when the simulated Argo CD is gone", async () => {
    argo.closeAllConnections();
    await new Promise((resolve) => argo.close(resolve));
    expect((await get("/_argocd/state")).status).toBe(502);
    await new Promise<void>((resolve) => argo.listen(0, "127.0.0.1", resolve));
  });

  test("serves an uploaded file as plain text that cannot run", async () => {
    const { file, ticket } = slack.world.files.announce("a.html");
    await fetch(`${slack.url}/upload/${ticket}`, { method: "POST", body: "<script>1</script>" });
    const response = await get(`/files/${file.id}`);
    expect(await response.text()).toBe("<script>1</script>");
    expect(response.headers.get("Content-Type")).toContain("text/plain");
    expect(response.headers.get("Content-Security-Policy")).toBe("sandbox");
  });
});
