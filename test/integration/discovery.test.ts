import { readFile, writeFile } from "node:fs/promises";

import { describe, expect, it } from "vitest";

import { ANA, AppRig, MARCO, PRIYA } from "../support/app-rig.ts";
import { eventually } from "../support/eventually.ts";

const SERVICE = "quarterdeck.dev/service";
const ENVIRONMENT = "quarterdeck.dev/environment";

/** The demo without a configured service: everything is found by the labels that its Applications carry. */
const discovering = (text: string): string => text.replace(/services:\n(?: .*\n)+/u, "discovery: {}\n");

const open = (configure = discovering): Promise<AppRig> => AppRig.open({ configure });

/** Types it until the answer is as it should be: the stream takes its moment. */
const typed = async (rig: AppRig, text: string, says: string): Promise<void> => {
  await eventually(async () => expect(await rig.type(ANA, text)).toContain(says));
};

describe("services by labels on the Applications", () => {
  it("are promoted like configured ones, in the order and under the rules of the environments", async () => {
    await using rig = await open();
    await typed(
      rig,
      "/promote checkout nonsense to nowhere",
      'There is no environment "nowhere". checkout has: staging, prod.',
    );
    await typed(rig, "/promote checkout abc123 to prod", "Looking into it");
    const gate = await rig.gate();
    await rig.press(PRIYA, gate, "gate_approve");
    await rig.until("the run has ended", () => rig.run().status === "succeeded");
    expect(rig.run().targets.map(({ environment, app }) => `${environment} ${app}`)).toEqual([
      "staging main/argocd/checkout-staging",
      "prod main/argocd/checkout-prod",
    ]);
  });

  it("appear with an Application, change with its labels and go with it", async () => {
    await using rig = await open();
    await typed(rig, "/promote web x to nowhere", "web has: staging, prod.");
    const { argocd } = rig.world;
    const template = argocd.application("web-prod");
    if (template === undefined) throw new Error("the demo has no web-prod");
    const definition = { name: "search-qa", spec: template.spec, labels: { [SERVICE]: "search", [ENVIRONMENT]: "qa" } };
    const begun = performance.now();
    await argocd.control({ action: "create-application", definition });
    await typed(rig, "/promote search x to nowhere", "search has: qa.");
    expect(performance.now() - begun).toBeLessThan(5000);
    await argocd.control({ action: "label", application: "search-qa", labels: { [ENVIRONMENT]: "prod" } });
    await typed(rig, "/promote search x to nowhere", "search has: prod.");
    await argocd.control({ action: "delete-application", application: "search-qa" });
    await typed(rig, "/promote search x to nowhere", 'There is no service "search"');
  });

  it("are not there where two Applications claim one place, which is said once", async () => {
    await using rig = await open();
    await typed(rig, "/promote web x to nowhere", "web has: staging, prod.");
    const { argocd } = rig.world;
    await argocd.control({ action: "label", application: "payments-prod", labels: { [SERVICE]: "web" } });
    await typed(rig, "/promote web x to nowhere", "web has: staging.");
    const said = (): readonly unknown[] => rig.log.filter(({ message }) => message.startsWith("labels of an"));
    await rig.until("it is in the log", () => said().length > 0);
    for (let again = 0; again < 3; again += 1) await argocd.control({ action: "refresh", application: "web-prod" });
    expect(said()).toEqual([
      expect.objectContaining({
        problem:
          "web in prod is claimed by several applications, so none of them is used: main/argocd/payments-prod, main/argocd/web-prod",
      }),
    ]);
    await rig.type(ANA, "/qd status");
    const shown = await rig.told(ANA, /Under way|under way/u);
    expect(JSON.stringify(shown.blocks)).toContain("web in prod is claimed by several applications");
    await argocd.control({ action: "label", application: "payments-prod", labels: { [SERVICE]: "payments" } });
    await typed(rig, "/promote web x to nowhere", "web has: staging, prod.");
  });

  it("may lose an Application while a run is open: the run keeps it, with its rule, also after a restart", async () => {
    await using rig = await open();
    await typed(rig, "/promote checkout x to nowhere", "checkout has: staging, prod.");
    await typed(rig, "/promote checkout abc123 to prod", "Looking into it");
    const gate = await rig.gate();
    const { argocd } = rig.world;
    await argocd.control({
      action: "label",
      application: "checkout-prod",
      labels: { [SERVICE]: null, [ENVIRONMENT]: null },
    });
    await typed(rig, "/promote checkout x to nowhere", "checkout has: staging.");
    await rig.stop();
    await rig.start();
    await rig.press(MARCO, gate, "gate_approve");
    await rig.until("the run has ended", () => rig.run().finishedAt !== undefined);
    expect(rig.run().status).toBe("succeeded");
    expect(rig.events().some(({ type }) => type === "gate.voided")).toBe(false);
  });

  it("may be made anew under another name while a run is open: the run does not follow to another Application", async () => {
    await using rig = await open();
    await typed(rig, "/promote checkout x to nowhere", "checkout has: staging, prod.");
    await typed(rig, "/promote checkout abc123 to prod", "Looking into it");
    const gate = await rig.gate();
    const { argocd } = rig.world;
    const old = argocd.application("checkout-prod");
    if (old === undefined) throw new Error("the demo has no checkout-prod");
    await argocd.control({ action: "delete-application", application: "checkout-prod" });
    const labels = { [SERVICE]: "checkout", [ENVIRONMENT]: "prod" };
    await argocd.control({
      action: "create-application",
      definition: { name: "checkout-production", spec: old.spec, labels },
    });
    await rig.press(MARCO, gate, "gate_approve");
    await rig.told(MARCO, /Nothing was approved/u);
    expect(rig.run().finishedAt).toBeUndefined();
    expect(argocd.application("checkout-production")?.status.operationState).toBeUndefined();
    // What is asked for from now on goes to the new one.
    await typed(rig, "/promote checkout x to nowhere", "checkout has: staging, prod.");
    await rig.type(ANA, "/qd sync checkout in prod at abc123");
    const runs = (): readonly string[] => rig.application.store.events.listRuns({ limit: 5 }).map(({ id }) => id);
    await rig.until("it has started", () => runs().length === 2);
    const apps = runs().map((run) => rig.application.engine.runs.state(run).targets.at(-1)?.app);
    expect(new Set(apps)).toEqual(new Set(["main/argocd/checkout-prod", "main/argocd/checkout-production"]));
  });

  it("follow the configuration: switched on, with other keys, and off again", async () => {
    await using rig = await open((text) => text);
    const { argocd, configurationFile: file } = rig.world;
    const edit = async (change: (text: string) => string): Promise<void> => {
      await writeFile(file, change(await readFile(file, "utf8")));
    };
    await argocd.control({ action: "label", application: "web-prod", labels: { service: "shop", stage: "prod" } });
    await typed(rig, "/promote shop x to nowhere", 'There is no service "shop"');
    const discovery = "discovery: { service: service, environment: stage }\n";
    // What is configured counts, so the Application becomes the other service only when it is not configured any more.
    await edit((text) => `${text.replace(/ {2}- name: web\n.*\n/u, "")}${discovery}`);
    await typed(rig, "/promote shop x to nowhere", "shop has: prod.");
    await typed(rig, "/promote web x to nowhere", 'There is no service "web"');
    await typed(rig, "/promote checkout x to nowhere", "checkout has: staging, prod.");
    await edit((text) => text.replace(discovery, ""));
    await typed(rig, "/promote shop x to nowhere", 'There is no service "shop"');
  });
});
