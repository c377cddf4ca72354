import { describe, expect, it } from "vitest";

import { discovered, openDiscovery } from "../../../src/app/discovery.ts";
import { LiveSettings } from "../../../src/app/live-settings.ts";
import { ApplicationCache } from "../../../src/argocd/application-cache.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { createLogger, silentLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { anApplication } from "../argocd/application-builder.ts";
import { configured, rightExcept } from "../../support/configured.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const SERVICE = "quarterdeck.dev/service";
const ENVIRONMENT = "quarterdeck.dev/environment";
const on = rightExcept("roles:", "discovery: {}\nroles:");
const settings = (text: string) => {
  return {
    configuration: configured(text),
    commands: [],
    digests: { configuration: text, sections: {}, commands: {} },
  };
};

/** Two servers with caches that are fed by hand. */
class Rig implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly log: string[] = [];
  readonly live: LiveSettings;
  readonly inventory: Inventory;
  readonly caches: ReadonlyMap<string, { readonly cache: ApplicationCache }>;
  readonly resources = new AsyncDisposableStack();
  #version = 0;

  constructor(text = on) {
    this.live = new LiveSettings(settings(text));
    this.inventory = new Inventory(this.live.configuration);
    this.caches = new Map(["main", "eu"].map((name) => [name, { cache: this.#cache() }]));
    const write = (line: string): void => {
      const { message, problem = "", more = "" }: Record<string, string> = JSON.parse(line);
      this.log.push(`${message} ${problem}${more}`.trim());
    };
    const logger = createLogger({ level: "info", mask: new SecretMask(), now: this.clock.now, write });
    const { live, inventory, caches: servers, clock } = this;
    openDiscovery({ live, inventory, servers, clock, logger }, this.resources);
  }

  put(server: string, app: string, claim: string, type = "ADDED"): void {
    const [namespace = "", name = ""] = app.split("/");
    const [service = "", environment = ""] = claim.split(" in ");
    const base = anApplication({ version: (this.#version += 1) });
    const labels = claim === "" ? {} : { [SERVICE]: service, [ENVIRONMENT]: environment };
    this.caches.get(server)?.cache.frame(type, { ...base, metadata: { ...base.metadata, namespace, name, labels } });
  }

  places(service: string): readonly string[] {
    const found = this.inventory.findService(service);
    return found.kind === "found" ? found.service.environments.map(({ app }) => app) : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.resources.disposeAsync();
    for (const { cache } of this.caches.values()) await cache[Symbol.asyncDispose]();
  }

  #cache(): ApplicationCache {
    return new ApplicationCache({
      client: {
        listApplications: () => Promise.resolve([]),
        getApplication: () => Promise.reject(new Error("not asked")),
      },
      clock: this.clock,
      random: { bytes: () => Buffer.alloc(0), fraction: () => 0.5 },
      logger: silentLogger,
      filter: {},
      compareEveryMs: 60_000,
      streamHealth: () => ({ connected: true, connections: 1 }),
    });
  }
}

describe("the inventory of a running server", () => {
  it("follows what the streams of all servers bring, and never mixes up applications of one name", async () => {
    await using rig = new Rig();
    rig.put("main", "argocd/web", "web in staging");
    rig.put("eu", "argocd/web", "web in prod");
    rig.put("eu", "teams/web", "shop in prod");
    expect(rig.places("web")).toEqual(["main/argocd/web", "eu/argocd/web"]);
    expect(rig.places("shop")).toEqual(["eu/teams/web"]);
    rig.put("eu", "argocd/web", "web in prod", "DELETED");
    expect(rig.places("web")).toEqual(["main/argocd/web"]);
    expect(rig.places("shop")).toEqual(["eu/teams/web"]);
  });

  it("keeps what it knows while a stream is away", async () => {
    await using rig = new Rig();
    rig.put("main", "argocd/web", "web in staging");
    rig.caches.get("main")?.cache.closed();
    expect(rig.places("web")).toEqual(["main/argocd/web"]);
  });

  it("says each conflict once, after a moment in which it may pass by itself, and few of many", async () => {
    await using rig = new Rig();
    rig.put("main", "argocd/old", "web in prod");
    rig.put("main", "argocd/new", "web in prod");
    rig.put("main", "argocd/old", "");
    await rig.clock.advance(5000);
    expect(rig.log).toEqual([]);
    rig.put("main", "argocd/old", "web in prod");
    for (let again = 0; again < 10; again += 1) {
      rig.put("main", "argocd/old", "web in prod", "MODIFIED");
      await rig.clock.advance(1000);
    }
    expect(rig.log).toHaveLength(1);
    for (let index = 0; index < 5000; index += 1) rig.put("main", `argocd/odd-${index}`, "Odd in prod");
    await rig.clock.advance(1000);
    expect(rig.log).toHaveLength(22);
    expect(rig.log.at(-1)).toBe("labels of more Applications are not used; quarterdeck doctor lists them 4980");
  });

  it("is as the settings say at once when they are replaced", async () => {
    await using rig = new Rig(rightExcept("", ""));
    rig.put("main", "argocd/web", "web in prod");
    expect(rig.places("web")).toEqual([]);
    rig.live.replace(settings(on));
    expect(rig.places("web")).toEqual(["main/argocd/web"]);
    rig.live.replace(settings(on.replace("- name: payments", "- name: billing")));
    expect(rig.inventory.services.map(({ name }) => name)).toEqual(["checkout", "billing", "web"]);
    expect(rig.places("web")).toEqual(["main/argocd/web"]);
  });

  it("knows what it does not know: what is on a server that has not answered since the start", async () => {
    await using rig = new Rig();
    rig.put("main", "argocd/web", "web in prod");
    const doubt = (): string | undefined => {
      const found = rig.inventory.findService("web");
      return found.kind === "found" ? rig.inventory.doubtOnTheWay(found.service, "prod")?.why : "no service";
    };
    expect(doubt()).toBe("Argo CD (main, eu) has not said yet which applications it has");
    rig.caches.get("main")?.cache.opened();
    await rig.clock.advance(3000);
    rig.put("main", "argocd/web", "web in prod");
    expect(doubt()).toBe("Argo CD (eu) has not said yet which applications it has");
    rig.live.replace(settings(on.replace("discovery: {}", "discovery: { servers: [main] }")));
    expect(doubt()).toBeUndefined();
    rig.live.replace(settings(on));
    expect(doubt()).toBe("Argo CD (eu) has not said yet which applications it has");
    rig.caches.get("eu")?.cache.opened();
    await rig.clock.advance(3000);
    expect(doubt()).toBeUndefined();
  });

  it("is waited for until every server was compared, and not for ever", async () => {
    await using rig = new Rig();
    const { live, caches: servers, clock } = rig;
    const seen: string[] = [];
    void discovered({ live, servers, clock }).then(() => seen.push("known"));
    servers.get("main")?.cache.opened();
    await clock.advance(3000);
    expect(seen).toEqual([]);
    servers.get("eu")?.cache.opened();
    await clock.advance(3000);
    expect(seen).toEqual(["known"]);
    await using other = new Rig();
    void discovered({ live: other.live, servers: other.caches, clock: other.clock }).then(() => seen.push("late"));
    await other.clock.advance(10_000);
    expect(seen).toEqual(["known", "late"]);
  });
});
