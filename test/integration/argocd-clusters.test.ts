import { describe, expect, it, onTestFinished } from "vitest";

import { ArgocdClient } from "../../src/argocd/argocd-client.ts";
import { ArgocdHttp } from "../../src/argocd/argocd-http.ts";
import { parsePlainYaml } from "../../src/config/plain-yaml.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { noArtifacts } from "../../src/engine/artifacts.ts";
import { systemClock } from "../../src/platform/clock.ts";
import { systemRandom } from "../../src/platform/ids.ts";
import { accountToken, type Policy } from "../../src/simulator/argocd-accounts.ts";
import { type ArgocdSimulator, startArgocdSimulator } from "../../src/simulator/argocd-simulator.ts";
import { argocdCluster } from "../../src/steps/cluster/argocd-cluster.ts";
import type { JsonMap } from "../../src/platform/canonical-json.ts";

const SERVER = "https://10.0.0.1:6443";
const SECRET = "canary-token-0123456789";
const INPUT = { name: "eu-1", server: SERVER, token: SECRET };

function allowed(...actions: readonly string[]): readonly Policy[] {
  return actions.map((action) => ({ resource: "clusters", action, object: "*", effect: "allow" }));
}

class ClusterRig {
  readonly simulator: ArgocdSimulator;
  readonly #client: ArgocdClient;

  private constructor(simulator: ArgocdSimulator, client: ArgocdClient) {
    this.simulator = simulator;
    this.#client = client;
  }

  static async open({
    policies = allowed("get", "create", "update"),
    mayWrite = true,
  }: {
    readonly policies?: readonly Policy[];
    readonly mayWrite?: boolean;
  } = {}): Promise<ClusterRig> {
    const simulator = await startArgocdSimulator({
      clock: systemClock,
      gitRepositories: {},
      applications: [],
      accounts: [{ name: "quarterdeck", token: accountToken("quarterdeck"), policies: [...policies] }],
    });
    onTestFinished(() => simulator.stop());
    const token = accountToken("quarterdeck");
    const http = new ArgocdHttp({ url: simulator.url, token, clock: systemClock, mayWrite: () => mayWrite });
    onTestFinished(() => http[Symbol.asyncDispose]());
    return new ClusterRig(simulator, new ArgocdClient({ http, clock: systemClock, random: systemRandom }));
  }

  async run(input: JsonMap = INPUT): Promise<Outcome> {
    const kind = argocdCluster({
      servers: new Map([["main", { url: this.simulator.url, client: this.#client }]]),
      parseYaml: parsePlainYaml,
    });
    if (kind.sort !== "action") throw new Error("it is no action");
    const outcome = await kind.run(input, {
      effect: { run: "run_1", path: "fleet/register", attempt: 1 },
      facts: { runTitle: "", requester: "", requesterUser: "" },
      signal: new AbortController().signal,
      startedAt: 0,
      checkpointed: undefined,
      artifacts: noArtifacts,
      progress: () => undefined,
      checkpoint: () => Promise.resolve(),
    });
    expect(JSON.stringify(outcome)).not.toContain(SECRET);
    return outcome;
  }

  async shown(): Promise<unknown> {
    const response = await fetch(`${this.simulator.url}/api/v1/clusters?server=${encodeURIComponent(SERVER)}`, {
      headers: { authorization: `Bearer ${accountToken("quarterdeck")}` },
    });
    return await response.json();
  }

  get writes(): readonly string[] {
    return this.simulator.writes.map((write) => write.replace(encodeURIComponent(SERVER), "ID"));
  }
}

describe("a cluster that is put into Argo CD", () => {
  it("is registered, and shown without what is secret about it", async () => {
    const rig = await ClusterRig.open();
    expect(await rig.run({ ...INPUT, labels: { region: "eu" }, namespaces: ["shop"], project: "shop" })).toEqual({
      status: "succeeded",
      output: { server: SERVER, name: "eu-1", created: true, version: "1.35" },
    });
    expect(rig.writes).toEqual(["POST /api/v1/clusters?upsert=true"]);
    expect(await rig.shown()).toMatchObject({
      items: [{ name: "eu-1", labels: { region: "eu" }, namespaces: ["shop"], project: "shop" }],
    });
    expect(JSON.stringify(await rig.shown())).not.toContain(SECRET);
  });

  it("is updated where it is there, and keeps what others have said of it", async () => {
    const rig = await ClusterRig.open();
    await rig.run({ ...INPUT, labels: { region: "eu", tier: "1" }, annotations: { owner: "ana" } });
    expect(await rig.run({ ...INPUT, name: "eu-one", labels: { tier: "2" } })).toMatchObject({
      output: { name: "eu-one", created: false },
    });
    expect(rig.writes.at(-1)).toBe(
      "PUT /api/v1/clusters/ID?id.type=server&updatedFields=name&updatedFields=config&updatedFields=labels",
    );
    expect(await rig.shown()).toMatchObject({
      items: [{ name: "eu-one", labels: { region: "eu", tier: "2" }, annotations: { owner: "ana" } }],
    });
  });

  it.each([
    ["unreachable", "cluster.unreachable", "backoff"],
    ["refuses", "cluster.refused", "never"],
    ["untrusted", "cluster.tls", "never"],
  ] as const)("is not kept where it %s, and the step says why", async (reach, code, retry) => {
    const rig = await ClusterRig.open();
    await rig.simulator.control({ action: "set-cluster", server: SERVER, reach });
    const outcome = await rig.run();
    expect(outcome).toMatchObject({ status: "failed", failure: { code, retry } });
    expect(await rig.shown()).toEqual({ metadata: {}, items: [] });
  });

  it("is not registered by an account without the rights, which the step names", async () => {
    const rig = await ClusterRig.open({ policies: allowed("get") });
    expect(await rig.run()).toMatchObject({
      failure: {
        code: "argocd.rbac",
        message: expect.stringContaining(`p, quarterdeck, clusters, create, ${SERVER}, allow`),
      },
    });
    const half = await ClusterRig.open({ policies: allowed("get", "create") });
    await half.run();
    expect(await half.run({ ...INPUT, name: "other" })).toMatchObject({
      failure: { code: "argocd.rbac", message: expect.stringContaining("may not update the cluster") },
    });
  });

  it("is refused while Quarterdeck only observes", async () => {
    const rig = await ClusterRig.open({ mayWrite: false });
    expect(await rig.run()).toMatchObject({ failure: { code: "argocd.observing", retry: "never" } });
    expect(rig.writes).toEqual([]);
  });

  it.each([
    [{ name: "eu-1" }, "Nothing says where the cluster is"],
    [{ name: "eu-1", server: SERVER }, "says as whom Argo CD logs in"],
    [{ ...INPUT, aws: { "cluster-name": "eu" } }, "says as whom Argo CD logs in"],
    [{ ...INPUT, kubeconfig: "x" }, 'there is no "server" beside it'],
    [{ name: "eu-1", server: SERVER, "client-key": "x" }, "belong together"],
    [{ ...INPUT, argocd: "other" }, 'There is no Argo CD "other"'],
    [{ name: "eu-1", kubeconfig: `token: ${SECRET}` }, "The kubeconfig cannot be used"],
  ])("is not put there from %j", async (input, problem) => {
    const rig = await ClusterRig.open();
    const outcome = await rig.run(input);
    expect(outcome).toMatchObject({ status: "failed", failure: { message: expect.stringContaining(problem) } });
    expect(rig.writes).toEqual([]);
  });
});

describe("the clusters of the simulated Argo CD", () => {
  it("refuse another content of the same cluster without upsert, and take the same one again", async () => {
    const rig = await ClusterRig.open();
    const post = async (name: string): Promise<number> => {
      const response = await fetch(`${rig.simulator.url}/api/v1/clusters`, {
        method: "POST",
        headers: { authorization: `Bearer ${accountToken("quarterdeck")}`, "content-type": "application/json" },
        body: JSON.stringify({ server: SERVER, name, config: {} }),
      });
      return response.status;
    };
    expect([await post("a"), await post("a"), await post("b")]).toEqual([200, 200, 400]);
  });
});
