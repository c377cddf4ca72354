import type { Application } from "../../../src/argocd/application.ts";
import type { Append } from "../../../src/engine/ports.ts";
import type { Proof } from "../../../src/engine/step-kind.ts";
import { Inventory } from "../../../src/inventory/inventory.ts";
import { AppWatch } from "../../../src/observe/app-watch.ts";
import { IncidentFact } from "../../../src/observe/incident-fact.ts";
import { OperationFact } from "../../../src/observe/foreign-operations.ts";
import type { IncidentMessage, RunLookups, WatchSettings } from "../../../src/observe/watch-ports.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { configured, rightConfiguration } from "../../support/configured.ts";
import { FakeArgocd } from "../../support/fake-argocd.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { anApplication, type ApplicationParts, resource, SHA_A } from "../argocd/application-builder.ts";

const services = Array.from(
  { length: 20 },
  (_, index) => `  - name: s${index}\n    environments: { prod: s${index}-prod }`,
);
const CONFIGURATION = rightConfiguration.replace("services:\n", `services:\n${services.join("\n")}\n`);

export const GRACE_MS = 90_000;
export const SETTLE_MS = 20_000;
export const FLAP_MS = 600_000;

/** The watch between an Argo CD that is a map and a log that is a list; `restart` begins anew with the same log. */
export class WatchRig {
  readonly clock = new FakeClock();
  readonly argocd = new FakeArgocd();
  readonly log: Append[] = [];
  readonly messages: IncidentMessage[] = [];
  settings: WatchSettings = {
    apps: "inventory",
    flapMs: FLAP_MS,
    stormFrom: 4,
    graceMs: GRACE_MS,
    settleMs: SETTLE_MS,
  };
  runs: RunLookups = {
    isAtWork: () => false,
    toldBy: () => undefined,
    find: () => undefined,
    deploying: () => undefined,
  };
  proofs: readonly Proof[] = [];
  /** Read at each start. */
  configuration = CONFIGURATION;
  /** Called before each append; what it throws is how the append ends. */
  beforeAppend: () => void = () => undefined;
  watch: AppWatch;
  #version = 1;

  constructor() {
    this.watch = this.#open();
  }

  async restart(): Promise<void> {
    await this.watch[Symbol.asyncDispose]();
    this.messages.length = 0;
    this.watch = this.#open();
  }

  /** Argo CD's stream brings this application in this health. */
  show(name: string, health: string, parts: ApplicationParts = {}): Application {
    const application = this.store(name, health, parts);
    this.argocd.server.cache.offer(application);
    return application;
  }

  /** Argo CD has it so, and the stream has not said it yet. */
  store(name: string, health: string, parts: ApplicationParts = {}): Application {
    this.#version += 1;
    const sick = health === "Healthy" ? [] : [resource("Pod", `${name}-1`, health)];
    const application = anApplication({
      version: this.#version,
      ...parts,
      metadata: { name, ...parts.metadata },
      status: {
        health: { status: health },
        history: [{ id: 1, revision: SHA_A }],
        resources: [resource("Service", name, "Healthy"), ...sick],
        ...parts.status,
      },
    });
    this.argocd.put(application);
    return application;
  }

  /** It is deleted in Argo CD. */
  drop(name: string): void {
    const known = this.argocd.applications.get(name);
    this.argocd.applications.delete(name);
    if (known !== undefined) this.argocd.server.cache.frame("DELETED", known);
  }

  async after(durationMs: number): Promise<void> {
    // Rounds read from Argo CD, which takes some turns of the event loop that the clock does not wait for.
    for (let left = durationMs; left > 0; left -= 1000) {
      await this.clock.advance(Math.min(left, 1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  get facts(): readonly IncidentFact[] {
    return this.#stream("incidents").map((event) => IncidentFact.parse(event));
  }

  get operations(): readonly OperationFact[] {
    return this.#stream("operations").map((event) => OperationFact.parse(event));
  }

  /** What was recorded, without what was merely looked at. */
  get types(): readonly string[] {
    return this.facts.filter(({ type }) => type !== "apps.seen").map(({ type }) => type);
  }

  #stream(name: string): readonly unknown[] {
    const appended = this.log.filter(({ stream }) => stream === name).flatMap(({ events }) => events);
    // As the log gives it back.
    return appended.map((event): unknown => JSON.parse(JSON.stringify(event)));
  }

  #open(): AppWatch {
    const watch = new AppWatch({
      store: {
        append: (change) => {
          this.beforeAppend();
          this.log.push(change);
          return Promise.resolve();
        },
      },
      servers: this.argocd.servers,
      inventory: new Inventory(configured(this.configuration)),
      settings: () => this.settings,
      runs: {
        isAtWork: (place) => this.runs.isAtWork(place),
        toldBy: (place, since) => this.runs.toldBy(place, since),
        find: (run) => this.runs.find(run),
        deploying: (place, revision) => this.runs.deploying(place, revision),
      },
      proofs: () => this.proofs,
      liveRevision: () => SHA_A,
      clock: this.clock,
      random: systemRandom,
      logger: silentLogger,
      onMessage: (message) => this.messages.push(message),
    });
    watch.start({ incidents: this.#stream("incidents"), operations: this.#stream("operations") });
    return watch;
  }
}
