import { describe, expect, it, onTestFinished } from "vitest";

import type { Answer } from "../../../src/engine/answer.ts";
import type { RunState } from "../../../src/domain/run-state.ts";
import { configured, rightConfiguration } from "../../support/configured.ts";
import { settle } from "../../support/fake-clock.ts";
import { IntakeRig } from "../../support/intake-rig.ts";
import { anApplication, SHA_A } from "../argocd/application-builder.ts";

const WAIT = "steps: [{ id: look, uses: delay, with: { for: 1h } }]\n";
const FILES = {
  drift: `name: Drift
summary: S
on: { slash: "/qd drift [<note...>]" }
inputs: { note: { type: string, optional: true } }
${WAIT}`,
  provision: `name: Provision
summary: S
on: { slash: "/qd provision <place> [--fast]" }
inputs: { place: { type: environment }, fast: { type: boolean } }
${WAIT}`,
  fleet: `name: Fleet
summary: S
on: { slash: "/qd fleet <service> [<commit>]" }
inputs: { service: { type: service }, commit: { type: revision, of: service, optional: true } }
${WAIT}`,
  either: `name: Either
summary: S
on: { slash: "/qd either [of <service>] [in <place>]" }
inputs: { service: { type: service, optional: true }, place: { type: environment, of: service, optional: true } }
${WAIT}`,
};

// U1 and U2 are developers; U55 has only what names services, and U66 only what names environments.
const CONFIGURATION = rightConfiguration
  .replace(
    "  developers: [{ group: S0DEV }]",
    "  developers: [{ group: S0DEV }]\n  some: [{ user: U55 }]\n  few: [{ user: U66 }]",
  )
  .replace(
    "verbs: [promote], services: all, environments: all }",
    `verbs: [promote, drift, provision, fleet, either], services: all, environments: all }
  - { role: some, verbs: [drift, provision, fleet, either], services: [checkout], environments: all }
  - { role: few, verbs: [drift, provision, fleet, either], services: all, environments: [staging] }`,
  );

async function open(configuration = CONFIGURATION): Promise<IntakeRig> {
  const status = { history: [{ id: 1, revision: SHA_A }] };
  const applications = ["checkout-staging", "checkout-prod"].map((name) =>
    anApplication({ metadata: { name }, status }),
  );
  const rig = await IntakeRig.open(applications, configuration, FILES);
  onTestFinished(() => rig[Symbol.asyncDispose]());
  return rig;
}

/** What somebody is told in the end. */
async function ask(rig: IntakeRig, text: string, user = "U1"): Promise<Answer> {
  const at = rig.replies.length;
  const now = await rig.type(user, text);
  await settle();
  return (
    rig.replies.slice(at).findLast(({ arrival }) => arrival.user === user)?.answer ?? now ?? { kind: "text", text: "" }
  );
}

function started(rig: IntakeRig): readonly RunState[] {
  return rig.store.events.listRuns({ limit: 50 }).map(({ id }) => rig.runs.state(id));
}

describe("what a run is for", () => {
  it("is nothing: no targets, nothing is read, and it is called as it was typed", async () => {
    const rig = await open();
    expect(await ask(rig, "/qd drift")).toMatchObject({ code: "run.started" });
    await ask(rig, "/qd drift the  whole <!channel> world");
    expect(started(rig)).toMatchObject([
      { title: "Drift the whole @channel world", targets: [], inputs: { note: expect.any(String) } },
      { title: "Drift", targets: [], inputs: { note: null } },
    ]);
    expect(rig.argocd.calls).toEqual([]);
  });

  it("is an environment: no targets, and found by its name", async () => {
    const rig = await open();
    await ask(rig, "/qd provision prod --fast");
    const [run] = started(rig);
    expect(run).toMatchObject({
      title: "Provision prod --fast",
      targets: [],
      inputs: { place: { name: "prod", first: false, last: true, approval: { quorum: 1 } }, fast: true },
    });
    expect(run?.inputs["place"]).not.toHaveProperty("app");
    expect(rig.store.events.listRuns({ environment: "prod", limit: 5 })).toMatchObject([
      { environments: ["prod"], services: [] },
    ]);
    expect(rig.store.events.listRuns({ environment: "staging", limit: 5 })).toEqual([]);
  });

  it("is every environment of a service, with the commit or without", async () => {
    const rig = await open();
    await ask(rig, "/qd fleet checkout abc1234");
    await ask(rig, "/qd fleet checkout");
    const sha = "abc1234".padEnd(40, "0");
    expect(started(rig)).toMatchObject([
      {
        title: "Fleet checkout",
        targets: [{ environment: "staging" }, { environment: "prod", approval: { quorum: 1 } }],
      },
      {
        title: "Fleet checkout abc1234",
        targets: [
          { environment: "staging", revision: { sha } },
          { environment: "prod", revision: { sha } },
        ],
      },
    ]);
    expect(started(rig)[0]?.targets[0]).not.toHaveProperty("revision");
  });

  it("is what was typed, where all may be left out; an environment of a service is none without it", async () => {
    const rig = await open();
    await ask(rig, "/qd either");
    await ask(rig, "/qd either of checkout");
    await ask(rig, "/qd either of checkout in prod");
    expect(started(rig).map(({ title, targets }) => [title, targets.length])).toEqual([
      ["Either of checkout in prod", 1],
      ["Either of checkout", 2],
      ["Either", 0],
    ]);
    expect(await ask(rig, "/qd either in prod")).toMatchObject({
      code: "input.service",
      message: "An environment is one of a service here, and no service was named: <service> is missing.",
    });
  });

  it("does not leave out an environment of which it is not known whether the service is there", async () => {
    const rig = await open();
    rig.process.inventory.discovered("checkout", { places: new Map(), contested: new Set(["qa"]) });
    expect(await ask(rig, "/qd fleet checkout abc1234")).toMatchObject({
      code: "input.environment-in-doubt",
      message: expect.stringContaining("Nothing was started, because qa must not be left out."),
    });
  });
});

describe("names that are wrong", () => {
  it.each(["prd", "__proto__", "constructor", "<!channel>", "prod\u202E", "x".repeat(255), "../prod", "PROD"])(
    "start nothing: %s",
    async (name) => {
      const rig = await open();
      expect(await ask(rig, `/qd provision ${name}`)).toMatchObject({ kind: expect.stringMatching(/notice|text/u) });
      expect(await ask(rig, `/qd fleet ${name} abc1234`)).toMatchObject({
        kind: expect.stringMatching(/notice|text/u),
      });
      expect(started(rig)).toEqual([]);
    },
  );

  it("are answered with those that there are where one is missing", async () => {
    const rig = await open();
    const answer = await ask(rig, "/qd provision");
    expect(answer).toMatchObject({ kind: "text", text: expect.stringContaining("Environments: staging, qa, prod") });
    expect(await ask(rig, "/qd help provision")).toMatchObject({
      text: expect.stringMatching(/place.* an environment$/mu),
    });
  });

  it("are answered with what was probably meant", async () => {
    const rig = await open();
    expect(await ask(rig, "/qd provision prd --fast")).toMatchObject({
      code: "input.environment",
      message: 'There is no environment "prd". Known: staging, qa, prod.',
      suggestions: ["/qd provision prod --fast"],
    });
  });
});

describe("who may start a run that is for no service", () => {
  it.each([
    ["U55", "/qd drift", "verbs: [drift], services: all, environments: all"],
    ["U66", "/qd drift", "verbs: [drift], services: all, environments: all"],
    ["U55", "/qd provision staging", "verbs: [provision], services: all, environments: [staging]"],
    ["U66", "/qd provision prod", "verbs: [provision], services: all, environments: [prod]"],
  ])("is not %s for %s, who is told which grant it takes", async (user, text, grant) => {
    const rig = await open();
    const answer = await ask(rig, text, user);
    expect(answer).toMatchObject({ code: "access.not-granted", message: expect.stringContaining(grant) });
    expect(started(rig)).toEqual([]);
  });

  it("is whoever has it for all services, there", async () => {
    const rig = await open();
    expect(await ask(rig, "/qd provision staging", "U66")).toMatchObject({ code: "run.started" });
    expect(await ask(rig, "/qd fleet checkout abc1234", "U55")).toMatchObject({ code: "run.started" });
    expect(await ask(rig, "/qd fleet checkout abc1235", "U66")).toMatchObject({
      message: "You may not fleet checkout in prod. It takes the role developers or some.",
    });
  });

  it("is nobody who has left, is a guest or a stranger, or of whom Slack says nothing", async () => {
    const rig = await open();
    for (const flag of ["isDeleted", "isGuest", "isStranger", "isBot"] as const) {
      rig.directory.facts.set("U1", { [flag]: true });
      expect(await ask(rig, "/qd drift")).toMatchObject({ code: expect.stringMatching(/^access\./u) });
    }
    rig.directory.facts.clear();
    rig.directory.isAway = true;
    expect(await ask(rig, "/qd drift")).toMatchObject({ code: "access.unverifiable" });
    expect(started(rig)).toEqual([]);
  });
});

describe("the same asked twice", () => {
  it("is one run, also at the same moment", async () => {
    const rig = await open();
    await Promise.all([rig.type("U1", "/qd drift"), rig.type("U2", "/qd drift"), rig.type("U1", "/qd provision prod")]);
    await settle();
    await rig.type("U2", "/qd provision prod");
    await settle();
    expect(
      started(rig)
        .map(({ title }) => title)
        .toSorted(),
    ).toEqual(["Drift", "Provision prod"]);
    expect(await rig.told("U2")).toMatchObject({ code: "run.joined" });
    expect(rig.ledTo).toHaveLength(2);
  });

  it("is another one with anything else typed", async () => {
    const rig = await open();
    const lines = [
      "/qd drift",
      "/qd drift again",
      "/qd provision prod",
      "/qd provision staging",
      "/qd provision prod --fast",
      "/qd fleet checkout abc1234",
      "/qd fleet checkout abc1235",
      "/qd fleet checkout",
    ];
    for (const line of lines) expect(await ask(rig, line)).toMatchObject({ code: "run.started" });
    expect(started(rig)).toHaveLength(lines.length);
    // The same commit by its whole name.
    expect(await ask(rig, `/qd fleet checkout ${"abc1234".padEnd(40, "0")}`, "U2")).toMatchObject({
      code: "run.joined",
    });
  });

  it("is the same although the environment asks for something else by now", async () => {
    const rig = await open();
    await ask(rig, "/qd provision staging");
    const other = CONFIGURATION.replace(
      "  - name: staging\n",
      "  - name: staging\n    approval: { from: [{ group: S0RELEASE }] }\n",
    );
    rig.process.inventory.replace(configured(other));
    expect(rig.process.inventory.findEnvironment("staging")).toHaveProperty("approval");
    expect(await ask(rig, "/qd provision staging", "U2")).toMatchObject({ code: "run.joined" });
  });

  it("is one run when it is delivered again, and after a crash at any moment", async () => {
    const rig = await open();
    await rig.type("U1", "/qd drift", "one key");
    await rig.type("U1", "/qd drift", "one key");
    await rig.crash();
    await rig.type("U1", "/qd drift", "one key");
    const typing = rig.type("U1", "/qd provision prod", "another");
    await rig.crash();
    await Promise.race([typing, settle()]);
    await rig.type("U1", "/qd provision prod", "another");
    await settle();
    expect(
      started(rig)
        .map(({ title, status }) => `${title}: ${status}`)
        .toSorted(),
    ).toEqual(["Drift: running", "Provision prod: running"]);
  });
});

describe("a run without targets that is under way", () => {
  it("is cancelled by whoever asked or may start it, by nobody else, and repeated by whoever may start it", async () => {
    const rig = await open();
    await ask(rig, "/qd drift");
    const run = started(rig)[0]?.id.slice(-4) ?? "";
    expect(await ask(rig, `/qd retry ${run}`)).toMatchObject({ kind: "notice" });
    for (const user of ["U55", "U66"]) {
      expect(await ask(rig, `/qd cancel ${run}`, user)).toMatchObject({ code: "access.not-granted" });
    }
    expect(await ask(rig, `/qd cancel ${run}`, "U2")).toMatchObject({ code: "run.cancelling" });
    await settle();
    expect(started(rig)).toMatchObject([{ status: "cancelled" }]);
    for (const user of ["U55", "U66"]) {
      expect(await ask(rig, `/qd retry ${run}`, user)).toMatchObject({ code: "access.not-granted" });
    }
  });

  it("is that of its environment also when the configuration has it no more", async () => {
    const rig = await open();
    await ask(rig, "/qd provision staging", "U66");
    const run = started(rig)[0]?.id.slice(-4) ?? "";
    const without = rightConfiguration.replace("  - name: staging\n", "").replaceAll(/staging: [a-z-]+, /gu, "");
    rig.process.inventory.replace(configured(without));
    expect(await ask(rig, "/qd provision staging", "U66")).toMatchObject({ code: "input.environment" });
    expect(await ask(rig, `/qd cancel ${run}`, "U55")).toMatchObject({ code: "access.not-granted" });
    expect(await ask(rig, `/qd cancel ${run}`, "U66")).toMatchObject({ code: "run.cancelling" });
  });

  it("goes on after a restart, and ends", async () => {
    const rig = await open();
    await ask(rig, "/qd provision prod");
    await rig.crash();
    await rig.clock.advance(3_600_000);
    await settle();
    expect(started(rig)).toMatchObject([{ status: "succeeded", title: "Provision prod" }]);
  });
});
