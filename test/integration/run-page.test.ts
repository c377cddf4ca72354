import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Readiness } from "../../src/web/readiness.ts";
import { ANA, AppRig, DEPLOYS, OLGA, PRIYA } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";

const LINK = /<(http[^|>]*\/runs\/[^|>]*)\|/u;

let app: AppRig;

beforeAll(async () => {
  app = await AppRig.open();
  await app.type(ANA, "/promote checkout abc123 to prod");
  const gate = await app.gate();
  await app.press(ANA, gate, "gate_approve");
  await app.told(ANA, /someone else has to decide/u);
  await app.press(PRIYA, gate, "gate_approve");
  await app.card(/succeeded/u);
});
afterAll(() => app[Symbol.asyncDispose]());

/** The address in the last private word to somebody. */
async function linkFor(user: string): Promise<string> {
  const said = await app.message(
    `a link for ${user}`,
    ({ viewer, blocks }) => viewer === user && LINK.test(JSON.stringify(blocks)),
  );
  return LINK.exec(JSON.stringify(said.blocks))?.[1]?.replaceAll("&amp;", "&") ?? "";
}

const shortRun = (): string => app.run().id.slice(-4);

describe("the page of a run", () => {
  it("is given to whoever asks for it by word, and shows what happened and who decided", async () => {
    expect(await app.type(OLGA, `/qd page ${shortRun()}`)).toContain(`The page of run_${shortRun()}`);
    const response = await fetch(await linkFor(OLGA));
    expect(response.status).toBe(200);
    const text = (await response.text()).replaceAll(/<[^>]*>/gu, " ").replaceAll(/\s+/gu, " ");
    expect(text).toContain("Promote checkout abc1236 to prod Succeeded Asked for by ana");
    expect(text).toMatch(/Approved by priya, .{20,30} , as a member of @release-approvers/u);
    expect(text).toMatch(/ana tried to approve and was refused/u);
    expect(text).toContain("Ended: succeeded");
  });

  it("is given to whoever presses the button on the card, to them alone", async () => {
    const card = await app.card(/succeeded/u);
    const [, action] =
      /"action_id":"(command_\d+)"[^}]*?\\"command\\":\\"page/u.exec(JSON.stringify(card.blocks)) ?? [];
    await app.press(PRIYA, card, action ?? "");
    expect((await fetch(await linkFor(PRIYA))).status).toBe(200);
    const everybody = app.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === undefined);
    expect(JSON.stringify(everybody)).not.toMatch(/\/runs\/run_/u);
  });

  it("is nothing to whoever has no link, changed one, or has the link of another run", async () => {
    await app.type(OLGA, `/qd page ${shortRun()}`);
    const link = new URL(await linkFor(OLGA));
    const other = new URL(link);
    other.pathname = other.pathname.replace(/.$/u, (last) => (last === "0" ? "1" : "0"));
    const later = new URL(link);
    later.searchParams.set("until", String(Number(link.searchParams.get("until")) + 1));
    for (const bad of [
      `${link.origin}${link.pathname}`,
      other.href,
      later.href,
      `${link.origin}/runs/`,
      `${link.origin}/runs/..%2f`,
    ]) {
      const response = await fetch(bad);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("/qd page");
    }
  });

  it("has no preview in a channel into which somebody pastes the link", async () => {
    await app.type(OLGA, `/qd page ${shortRun()}`);
    const headers = { "user-agent": "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)" };
    const response = await fetch(await linkFor(OLGA), { headers });
    expect([response.status, await response.text()]).toEqual([403, "This page has no preview.\n"]);
  });

  it("cannot be had for a run that nobody knows", async () => {
    expect(await app.type(OLGA, "/qd page ZZZZ")).toMatch(/no run run_ZZZZ/u);
  });
});

describe("those who watch the server", () => {
  const get = (path: string): Promise<Response> => fetch(`${app.application.address}${path}`);

  it("see that it is alive and ready, and nothing that a stranger could use", async () => {
    const alive = await get("/healthz");
    expect([alive.status, await alive.text()]).toEqual([200, "alive\n"]);
    const ready = await get("/readyz");
    expect([ready.status, await ready.json()]).toEqual([
      200,
      { ready: true, log: "ready", slack: "ready", argocd: { main: "ready" } },
    ]);
    const figures = await (await get("/metrics")).text();
    expect(figures).toContain('quarterdeck_runs{status="succeeded"} 1');
    expect(figures).toContain('quarterdeck_step_duration_seconds_count{kind="argocd/sync",outcome="succeeded"} 2');
    expect(figures).toMatch(/^nodejs_eventloop_lag_p99_seconds/mu);
    expect(figures).not.toMatch(/xoxb|xapp|checkout|U0ANA|v\d+\.\d+\.\d+/u);
  });

  it("see that it is of no use while Argo CD is away, that it lives nevertheless, and when it is back", async () => {
    const argocd = async (): Promise<unknown> => {
      const ready = await get("/readyz");
      const { argocd: standing }: Readiness = JSON.parse(await ready.text());
      return [ready.status, standing];
    };
    const { argocd: simulator } = app.world;
    await simulator.control({ action: "add-fault", fault: { kind: "reset-before" } });
    await simulator.control({ action: "disturb-streams", effect: "cut" });
    await eventually(async () => expect(await argocd()).toEqual([503, { main: "connecting" }]));
    expect((await get("/healthz")).status).toBe(200);
    expect(await (await get("/metrics")).text()).toContain('quarterdeck_argocd_stream_up{server="main"} 0');
    await simulator.control({ action: "clear-faults" });
    await eventually(async () => expect(await argocd()).toEqual([200, { main: "ready" }]));
  });

  it("see how many gates wait, and what is not there", async () => {
    await app.type(ANA, "/promote payments abc123 to prod");
    await app.gate();
    await app.until("a gate that waits", () => app.application.store.figures.gatesWaiting() === 1);
    expect(await (await get("/metrics")).text()).toContain("quarterdeck_gates_waiting 1");
  });

  it("find nothing else open", async () => {
    for (const path of ["/", "/slack/events", "/runs", "/metrics/", "/.env", "/admin", "/debug"]) {
      expect((await get(path)).status).toBe(404);
    }
    expect(
      (await fetch(`${app.application.address}/slack/events`, { method: "POST", body: "ssl_check=1" })).status,
    ).toBe(404);
  });
});
