import { describe, expect, it, onTestFinished } from "vitest";

import { ANA, AppRig, BEN, MARCO, PRIYA } from "../support/app-rig.ts";

async function rig(options: Parameters<typeof AppRig.open>[0] = {}): Promise<AppRig> {
  const opened = await AppRig.open(options);
  onTestFinished(() => opened[Symbol.asyncDispose]());
  return opened;
}

/** Everything that stands on somebody's Home tab. */
const home = (app: AppRig, user: string): string =>
  JSON.stringify(app.world.slack.world.views.home(user)?.source["blocks"] ?? null);

const shows = (app: AppRig, user: string, text: RegExp): Promise<boolean> =>
  app.world.slack.world.changes.until(
    `${user} to see ${String(text)}`,
    () => text.test(home(app, user)) || undefined,
    20_000,
  );

describe.each(["socket", "http"] as const)("the Home tab, received over %s", (receive) => {
  it("shows an approver what waits for them, the requester their run, and everybody the environments", async () => {
    const app = await rig({ receive });
    await app.type(ANA, "/promote checkout abc123 to prod");
    await app.gate();
    for (const user of [ANA, BEN, PRIYA, MARCO]) await app.world.slack.people.openHome({ user });
    await shows(app, PRIYA, /Look and decide/u);
    await shows(app, MARCO, /Look and decide/u);
    expect(home(app, PRIYA)).toContain("*checkout* in *prod*: `2b4337b` → `abc1236`");
    expect(home(app, PRIYA)).toContain("You have not asked for any yet.");
    await shows(app, ANA, /Nothing waits for your approval/u);
    expect(home(app, ANA)).toContain("Promote checkout abc1236 to prod");
    await shows(app, BEN, /Nothing waits for your approval/u);
    for (const name of ["checkout", "web", "payments"]) expect(home(app, BEN)).toContain(`*${name}*`);
  });

  it("is brought up to date for those who look at it", async () => {
    const app = await rig({ receive });
    await app.type(ANA, "/promote checkout abc123 to prod");
    const gate = await app.gate();
    await app.world.slack.people.openHome({ user: PRIYA });
    await shows(app, PRIYA, /Look and decide/u);
    await app.press(PRIYA, gate, "gate_approve");
    await shows(app, PRIYA, /Nothing waits for your approval/u);
  });
});

describe("the Home tab", () => {
  it("says that there may be more while Slack does not tell who is in a group", async () => {
    const app = await rig();
    await app.type(ANA, "/promote checkout abc123 to prod");
    await app.gate();
    app.world.slack.world.faults.add({ method: "usergroups.users.list", fault: { kind: "status", status: 500 } });
    await app.world.slack.people.openHome({ user: PRIYA });
    await shows(app, PRIYA, /so there may be more/u);
  });

  it("costs nothing but a line in the log when Slack does not take it", async () => {
    const app = await rig();
    app.world.slack.world.faults.add({ method: "views.publish", fault: { kind: "status", status: 500 } });
    await app.world.slack.people.openHome({ user: PRIYA });
    await app.until("a line in the log", () =>
      app.log.some(({ message }) => message === "a Home tab could not be shown"),
    );
    await app.type(ANA, "/qd status");
  });
});
