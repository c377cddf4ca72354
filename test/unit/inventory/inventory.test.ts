import { describe, expect, it } from "vitest";

import { Service } from "../../../src/domain/target.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { configured, rightExcept } from "../../support/configured.ts";

const inventory = new Inventory(configured());

function service(name: string): Service {
  const found = inventory.findService(name);
  if (found.kind === "unknown") throw new Error(`${name} is unknown`);
  return found.service;
}

describe("the inventory", () => {
  it("puts the environments of a service into promotion order, whatever order the file has", () => {
    const text = rightExcept("{ staging: checkout-staging, prod: checkout-prod }", "{ prod: b, staging: a }");
    const [checkout] = new Inventory(configured(text)).services;
    expect(checkout?.environments.map(({ name, app, first, last }) => [name, app, first, last])).toEqual([
      ["staging", "main/argocd/a", true, false],
      ["prod", "main/argocd/b", false, true],
    ]);
  });

  it("is not misled by an environment that is called like something every object has", () => {
    const text = rightExcept("- name: prod", "- name: constructor\n    approval: none\n  - name: prod");
    const [checkout] = new Inventory(configured(text)).services;
    expect(checkout?.environments.map(({ name }) => name)).toEqual(["staging", "prod"]);
  });

  it("hands out services that fit the words of the domain", () => {
    for (const each of inventory.services) expect(Service.parse(each)).toEqual(each);
  });

  it("gives each environment the rule by which people let runs into it", () => {
    expect(service("payments").environments.map(({ approval }) => approval)).toEqual([
      undefined,
      undefined,
      {
        from: [{ kind: "group", group: "S0RELEASE", handle: undefined }],
        quorum: 1,
        expiresMs: 86_400_000,
        requesterMayApprove: false,
      },
    ]);
  });

  it("guesses which service was meant", () => {
    expect(inventory.findService("chekout")).toEqual({
      kind: "unknown",
      didYouMean: "checkout",
      known: ["checkout", "payments"],
    });
    expect(inventory.findService("constructor")).toMatchObject({ kind: "unknown", didYouMean: undefined });
  });

  it("tells an environment that does not exist from one where the service is not", () => {
    expect(inventory.findTarget(service("checkout"), "prod")).toMatchObject({ kind: "found", target: { last: true } });
    expect(inventory.findTarget(service("checkout"), "prd")).toMatchObject({ kind: "unknown", didYouMean: "prod" });
    expect(inventory.findTarget(service("checkout"), "qa")).toEqual({ kind: "not-there", known: ["staging", "prod"] });
  });

  it("knows what an application is", () => {
    expect(inventory.ownerOf("main/argocd/payments-qa")).toMatchObject({
      service: { name: "payments" },
      target: { name: "qa" },
    });
    expect(inventory.ownerOf("main/other/payments-qa")).toBeUndefined();
  });

  it("takes the timing of an environment before the general one", () => {
    const text = rightExcept("approval: none", "approval: none\n    settle: 5m");
    const slower = new Inventory(configured(text));
    expect(slower.timingOf("qa")).toEqual({ settleMs: 300_000, degradedGraceMs: 90_000, startDeadlineMs: 120_000 });
    expect(slower.timingOf("prod")).toMatchObject({ settleMs: 20_000 });
    expect(slower.timingOf("nowhere")).toBeUndefined();
  });

  it("knows which services have a channel of their own", () => {
    const text = rightExcept("- name: payments", '- name: payments\n    channel: "#payments"');
    const own = new Inventory(configured(text));
    expect([own.channelOf("payments"), own.channelOf("checkout")]).toEqual(["#payments", undefined]);
  });

  it("finds the server of an application: its own, its environment's, or the only one", () => {
    const second =
      "  - name: eu\n    url: https://eu.example.com\n    token: ${{ secrets.ARGOCD_TOKEN }}\n    namespaces: [gitops, apps]\n";
    const text = rightExcept("environments:\n", `${second}environments:\n`)
      .replace("- name: staging", "- name: staging\n    server: main")
      .replace("approval: none", "approval: none\n    server: eu")
      .replace("from: [{ group: S0RELEASE }]", "from: [{ group: S0RELEASE }]\n    server: eu")
      .replace("prod: payments-prod", "prod: { app: payments-prod, server: main }")
      .replace("prod: checkout-prod", "prod: { app: checkout-prod, namespace: apps }");
    const apps = new Inventory(configured(text)).services.map(({ environments }) => environments.map(({ app }) => app));
    expect(apps).toEqual([
      ["main/argocd/checkout-staging", "eu/apps/checkout-prod"],
      ["main/argocd/payments-staging", "eu/gitops/payments-qa", "main/argocd/payments-prod"],
    ]);
  });

  it("is replaced as a whole, and keeps what was discovered", () => {
    const changing = new Inventory(configured());
    changing.discovered("web", { places: new Map([["prod", "main/argocd/web-prod"]]), contested: new Set() });
    changing.discovered("checkout", { places: new Map([["qa", "main/argocd/checkout-qa"]]), contested: new Set() });
    const { services } = changing;
    changing.replace(configured(rightExcept("- name: payments", "- name: billing")));
    expect(changing.services.map(({ name }) => name)).toEqual(["checkout", "billing", "web"]);
    expect(changing.ownerOf("main/argocd/payments-qa")?.service.name).toBe("billing");
    expect(changing.ownerOf("main/argocd/checkout-qa")?.target).toMatchObject({
      name: "qa",
      first: false,
      last: false,
    });
    expect(services.map(({ name }) => name)).toEqual(["checkout", "payments", "web"]);
    changing.discovered("web", { places: new Map(), contested: new Set() });
    expect(changing.findService("web").kind).toBe("unknown");
  });

  it("knows the rule of an application that it does not know by the environment in which a run works", () => {
    expect(inventory.ruleOf("main/argocd/checkout-prod")).toMatchObject({ quorum: 1 });
    expect(inventory.ruleOf("main/argocd/checkout-staging", "prod")).toBeUndefined();
    expect(inventory.ruleOf("main/argocd/gone", "prod")).toMatchObject({ quorum: 1 });
    expect(inventory.ruleOf("main/argocd/gone")).toBeUndefined();
  });

  it("does not pass over an environment of which it is not known whether a service is there", () => {
    const changing = new Inventory(configured(rightExcept("- name: qa", "- name: qa\n    server: main")));
    const doubt = (to: string): string | undefined => {
      const found = changing.findService("checkout");
      if (found.kind === "unknown") throw new Error("there is no checkout");
      const { environment, why } = changing.doubtOnTheWay(found.service, to) ?? {};
      return environment && `${environment}: ${why}`;
    };
    expect(doubt("prod")).toBeUndefined();
    const claimed = "qa: several applications claim it by their labels";
    changing.discovered("checkout", { places: new Map(), contested: new Set(["qa"]) });
    expect([doubt("staging"), doubt("prod")]).toEqual([undefined, claimed]);
    changing.discovered("checkout", { places: new Map(), contested: new Set() });
    changing.unseen(new Set(["eu"]));
    expect(doubt("prod")).toBeUndefined();
    changing.unseen(new Set(["eu", "main"]));
    expect(doubt("prod")).toBe("qa: Argo CD (main) has not said yet which applications it has");
    changing.discovered("checkout", { places: new Map([["qa", "main/argocd/checkout-qa"]]), contested: new Set() });
    expect(doubt("prod")).toBeUndefined();
  });

  it("shows of many services the first, and how many more there are", () => {
    const many = new Inventory(configured());
    for (let index = 0; index < 5000; index += 1) {
      many.discovered(`web-${index}`, {
        places: new Map([["prod", `main/argocd/web-${index}`]]),
        contested: new Set(),
      });
    }
    const found = many.findService("wab-4999");
    expect(found).toMatchObject({ kind: "unknown", didYouMean: "web-4999" });
    expect(found.kind === "unknown" && found.known.slice(-1)).toEqual(["and 4982 more"]);
  });
});
