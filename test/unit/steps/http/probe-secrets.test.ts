import { describe, expect, it } from "vitest";

import { equippedKinds } from "../../../../src/engine/equipped-kinds.ts";
import { SecretMask } from "../../../../src/platform/masking.ts";
import { httpProbe } from "../../../../src/steps/http/http-probe.ts";
import { soak } from "../../../../src/steps/timing/soak.ts";
import { FakeArgocd } from "../../../support/fake-argocd.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { testVault } from "../../../support/idle-tools.ts";
import { MemoryArtifacts } from "../../../support/memory-artifacts.ts";
import { StepBench } from "../../../support/step-bench.ts";
import { anApplication } from "../../argocd/application-builder.ts";

const TOKEN = "canary-of-the-probes-0123456789";
const secret = { secret: "TOKEN" };

/** A kind as the server has it, and the headers that it sent. */
function atWork(name: "http/probe" | "soak") {
  const sent: Readonly<Record<string, string>>[] = [];
  const clock = new FakeClock();
  const argocd = new FakeArgocd(anApplication());
  argocd.connected = true;
  const send = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) => {
    sent.push(headers);
    return Promise.resolve({
      status: 200,
      headers: {},
      body: Buffer.from('{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}'),
      isCut: false,
      url: "u",
      redirects: 0,
      latencyMs: 1,
    });
  };
  const networkPolicy = () => ({ privateAddresses: "deny", allow: [] }) as const;
  const base = { send, networkPolicy, clock };
  const own = [
    httpProbe(base),
    soak({ ...base, servers: argocd.servers, timingOf: () => ({ degradedGraceMs: 1000 }) }),
  ];
  const tools = { artifacts: new MemoryArtifacts(), vault: testVault({ TOKEN }), mask: new SecretMask() };
  const kind = equippedKinds(new Map(own.map((each) => [each.kind, each])), tools).get(name);
  if (kind === undefined) throw new Error(`no ${name}`);
  return { clock, sent, bench: new StepBench(kind, clock.now()) };
}

describe("secrets of probes", () => {
  it("are opened where they are sent, and stand nowhere else", async () => {
    const { clock, sent, bench } = atWork("http/probe");
    const input = { url: "https://a.test/", bearer: secret, headers: { "x-key": secret }, "good-in-a-row": 1 };
    const running = bench.run(input);
    await clock.advance(0);
    const outcome = await running;
    expect(outcome).toMatchObject({ status: "succeeded" });
    expect(sent).toEqual([{ authorization: `Bearer ${TOKEN}`, "x-key": TOKEN }]);
    expect(JSON.stringify([outcome, bench.progress])).not.toContain(TOKEN);
  });

  it("are opened within a soak, too", async () => {
    const { clock, sent, bench } = atWork("soak");
    const running = bench.run({
      app: "main/argocd/checkout-prod",
      for: "10s",
      probes: [{ url: "https://a.test/", headers: { "x-key": secret } }],
      metrics: [{ url: "https://p.test/", query: "up", below: 1, basic: { user: "ana", password: secret } }],
    });
    await clock.advance(1000);
    bench.stop.abort(new Error("enough"));
    await running;
    expect(sent).toEqual([
      { "x-key": TOKEN },
      { authorization: `Basic ${Buffer.from(`ana:${TOKEN}`).toString("base64")}` },
    ]);
  });
});
