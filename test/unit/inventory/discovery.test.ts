import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { Discovery } from "../../../src/inventory/discovery.ts";
import type { LabelledApp } from "../../../src/inventory/read-labels.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { configured, rightExcept } from "../../support/configured.ts";

const SERVICE = "quarterdeck.dev/service";
const ENVIRONMENT = "quarterdeck.dev/environment";

const discovering = (settings = "{}"): string => rightExcept("roles:", `discovery: ${settings}\nroles:`);

const app = (name: string, claim: string, more: Partial<LabelledApp> = {}): LabelledApp => {
  const [service = "", environment = ""] = claim.split(" in ");
  return {
    server: "main",
    namespace: "argocd",
    name,
    labels: { [SERVICE]: service, [ENVIRONMENT]: environment },
    ...more,
  };
};

const discover = (text = discovering(), ...apps: readonly LabelledApp[]) => {
  const configuration = configured(text);
  const inventory = new Inventory(configuration);
  const seen = { changes: 0, puts: 0 };
  const discovery = new Discovery({
    inventory: {
      discovered: (service, places) => {
        seen.puts += 1;
        inventory.discovered(service, places);
      },
    },
    onProblemsChanged: () => (seen.changes += 1),
  });
  discovery.replace(configuration, apps);
  const places = (service: string): readonly string[] => {
    const found = inventory.findService(service);
    return found.kind === "found" ? found.service.environments.map(({ name, app: at }) => `${name}: ${at}`) : [];
  };
  const problems = (): readonly string[] => discovery.problems.map(({ message }) => message).toSorted();
  return { inventory, discovery, places, problems, seen };
};

describe("services by labels on the Applications", () => {
  it("leave no doubt about a place once it has a single claimant", () => {
    const { discovery, inventory } = discover(discovering(), app("web-staging", "web in staging"));
    const doubt = (service: string): string | undefined => {
      const found = inventory.findService(service);
      return found.kind === "found" ? inventory.doubtOnTheWay(found.service, "prod")?.environment : "no service";
    };
    expect(doubt("web")).toBeUndefined();
    discovery.put(app("web-qa", "web in qa"));
    discovery.put(app("copy-of-web-qa", "web in qa"));
    expect(doubt("web")).toBe("qa");
    discovery.replace(configured(discovering()), [app("web-qa", "web in qa"), app("copy-of-web-qa", "web in qa")]);
    discovery.put(app("web-staging", "web in staging"));
    expect(doubt("web")).toBe("qa");
    discovery.remove(app("copy-of-web-qa", ""));
    expect(doubt("web")).toBeUndefined();
    discovery.put(app("web-qa-2", "web in qa"));
    discovery.replace(configured(rightExcept("", "")), []);
    discovery.replace(configured(discovering()), [app("web-prod", "web in prod")]);
    expect(doubt("web")).toBeUndefined();
  });

  it("are there with the Application, in promotion order and under the policy of the environment, and gone with it", () => {
    const { discovery, inventory, places } = discover();
    discovery.put(app("web-prod", "web in prod"));
    discovery.put(app("web-staging", "web in staging"));
    expect(places("web")).toEqual(["staging: main/argocd/web-staging", "prod: main/argocd/web-prod"]);
    expect(inventory.services.map(({ name }) => name)).toEqual(["checkout", "payments", "web"]);
    const owner = inventory.ownerOf("main/argocd/web-prod");
    expect(owner?.target).toMatchObject({ name: "prod", last: true, approval: { quorum: 1 } });
    discovery.remove(app("web-prod", ""));
    expect(places("web")).toEqual(["staging: main/argocd/web-staging"]);
    discovery.remove(app("web-staging", ""));
    expect(inventory.findService("web").kind).toBe("unknown");
    expect(inventory.ownerOf("main/argocd/web-staging")).toBeUndefined();
  });

  it("go with their labels", () => {
    const { discovery, inventory, places } = discover(discovering(), app("web-prod", "web in prod"));
    discovery.put(app("web-prod", "shop in staging"));
    expect(places("web")).toEqual([]);
    expect(places("shop")).toEqual(["staging: main/argocd/web-prod"]);
    expect(inventory.ownerOf("main/argocd/web-prod")).toMatchObject({
      service: { name: "shop" },
      target: { name: "staging" },
    });
    discovery.put({ ...app("web-prod", ""), labels: {} });
    expect(inventory.findService("shop").kind).toBe("unknown");
  });

  it("add places to a configured service, and never take one of its own", () => {
    const { places, problems } = discover(
      discovering(),
      app("checkout-qa", "checkout in qa"),
      app("checkout-prod-2", "checkout in prod"),
      app("checkout-staging", "checkout in staging"),
      app("payments-qa", "web in qa"),
    );
    expect(places("checkout")).toEqual([
      "staging: main/argocd/checkout-staging",
      "qa: main/argocd/checkout-qa",
      "prod: main/argocd/checkout-prod",
    ]);
    expect(places("web")).toEqual([]);
    expect(problems()).toEqual([
      "main/argocd/checkout-prod-2: its labels say checkout in prod, for which the configuration names main/argocd/checkout-prod, which counts",
      "main/argocd/payments-qa: its labels say web in qa, and the configuration says payments in qa, which counts",
    ]);
  });

  it("have no place that several Applications claim, until one is left", () => {
    const { discovery, places, problems } = discover(
      discovering(),
      app("web-1", "web in prod"),
      app("web-1", "web in prod", { namespace: "teams" }),
    );
    expect(places("web")).toEqual([]);
    expect(problems()).toEqual([
      "web in prod is claimed by several applications, so none of them is used: main/argocd/web-1, main/teams/web-1",
    ]);
    discovery.remove(app("web-1", ""));
    expect(places("web")).toEqual(["prod: main/teams/web-1"]);
    expect(problems()).toEqual([]);
  });

  it("are kept apart by server and namespace", () => {
    const { places, problems } = discover(
      discovering(),
      app("web", "web in staging", { server: "main" }),
      app("web", "web in prod", { server: "other" }),
      app("web", "web in qa", { namespace: "teams" }),
    );
    expect(places("web")).toEqual(["staging: main/argocd/web", "qa: main/teams/web", "prod: other/argocd/web"]);
    expect(problems()).toEqual([]);
  });

  it.each([
    ["", "prod", 'the label quarterdeck.dev/service: "" is no name'],
    ["Web", "prod", 'the label quarterdeck.dev/service: "Web" is no name'],
    ["wéb", "prod", 'the label quarterdeck.dev/service: "wéb" is no name'],
    ["a/b", "prod", 'the label quarterdeck.dev/service: "a/b" is no name'],
    ["help", "prod", '"help" is a word of the commands'],
    ["web", "", 'the label quarterdeck.dev/environment: there is no environment ""'],
    ["web", "production", 'the label quarterdeck.dev/environment: there is no environment "production"'],
    ["web", "constructor", 'there is no environment "constructor"'],
  ])("are not made of the labels %j and %j", (service, environment, says) => {
    const { inventory, problems } = discover(
      discovering(),
      app("x", "", { labels: { [SERVICE]: service, [ENVIRONMENT]: environment } }),
    );
    expect(inventory.services).toHaveLength(2);
    expect(problems()).toEqual([expect.stringContaining(says)]);
  });

  it("take both labels", () => {
    const { problems } = discover(
      discovering(),
      app("x", "", { labels: { [SERVICE]: "web" } }),
      app("y", "", { labels: { [ENVIRONMENT]: "prod" } }),
      app("z", "", { labels: { team: "web" } }),
    );
    expect(problems()).toEqual([
      "main/argocd/x: it carries the label quarterdeck.dev/service but not quarterdeck.dev/environment; it takes both",
      "main/argocd/y: it carries the label quarterdeck.dev/environment but not quarterdeck.dev/service; it takes both",
    ]);
  });

  it("may have labels of another name, and are looked for only where the configuration says", () => {
    const settings = "{ service: app.kubernetes.io/name, environment: stage, namespaces: [argocd], servers: [main] }";
    const labels = { "app.kubernetes.io/name": "web", stage: "prod" };
    const { places, problems } = discover(
      discovering(settings),
      app("web", "", { labels }),
      app("web", "", { labels, namespace: "teams" }),
      app("web", "", { labels, server: "other" }),
      app("web-2", "web in prod"),
    );
    expect(places("web")).toEqual(["prod: main/argocd/web"]);
    expect(problems()).toEqual([]);
  });

  it("are not taken from another server than the one of the environment", () => {
    const text = discovering().replace("  - name: prod\n", "  - name: prod\n    server: main\n");
    const { places, problems } = discover(text, app("web", "web in prod", { server: "other" }));
    expect(places("web")).toEqual([]);
    expect(problems()).toEqual([
      "other/argocd/web: its labels say web in prod, whose applications are on the Argo CD server main",
    ]);
  });

  it("are not looked for where discovery is off", () => {
    const { discovery, inventory, problems } = discover(rightExcept("", ""), app("web", "web in prod"));
    expect(discovery.isOn).toBe(false);
    expect(inventory.services).toHaveLength(2);
    expect(problems()).toEqual([]);
  });

  it("need no configured service", () => {
    const text = discovering().replace(/services:\n(?: .*\n)+/u, "");
    const { inventory } = discover(text, app("web", "web in prod"));
    expect(inventory.services.map(({ name }) => name)).toEqual(["web"]);
  });

  it("are decided anew when the configuration changes", () => {
    const web = [app("web-staging", "web in staging"), app("web-prod", "web in prod")];
    const { discovery, inventory, places, problems } = discover(discovering(), ...web);
    const text = discovering().replace("  - name: staging\n", "  - name: dev\n").replaceAll("staging:", "dev:");
    inventory.replace(configured(text));
    discovery.replace(configured(text), web);
    expect(places("web")).toEqual(["prod: main/argocd/web-prod"]);
    expect(problems()).toHaveLength(1);
    inventory.replace(configured());
    discovery.replace(configured(), web);
    expect(inventory.findService("web").kind).toBe("unknown");
    expect(problems()).toEqual([]);
  });

  it("cost nothing while their labels stay as they are, and little when 5,000 Applications claim one place", () => {
    const { discovery, seen } = discover();
    for (let index = 0; index < 5000; index += 1) discovery.put(app(`own-${index}`, `own-${index} in prod`));
    const before = seen.puts;
    for (let index = 0; index < 5000; index += 1) discovery.put(app(`own-${index}`, `own-${index} in prod`));
    expect(seen.puts).toBe(before);
    for (let index = 0; index < 5000; index += 1) discovery.put(app(`same-${index}`, "same in prod"));
    expect(seen.puts).toBe(before + 2);
    const [problem] = discovery.problems;
    expect(problem?.message).toContain("and 4996 more");
  });

  it("come out the same in whatever order the Applications are seen", () => {
    const name = fc.constantFrom("a", "b", "c", "d", "e");
    const claim = fc.constantFrom("web in prod", "web in qa", "shop in prod", "checkout in prod", "web in nowhere", "");
    const changes = fc.array(fc.record({ name, claim, isGone: fc.boolean() }), { maxLength: 30 });
    fc.assert(
      fc.property(changes, (steps) => {
        const { discovery, inventory, problems } = discover();
        const last = new Map<string, LabelledApp>();
        for (const step of steps) {
          const one = app(step.name, step.claim);
          if (step.isGone) discovery.remove(one);
          else discovery.put(one);
          if (step.isGone) last.delete(step.name);
          else last.set(step.name, one);
        }
        const afresh = discover(discovering(), ...last.values());
        expect(inventory.services).toEqual(afresh.inventory.services);
        expect(problems()).toEqual(afresh.problems());
      }),
    );
  });
});
