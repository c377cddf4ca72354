import { describe, expect, it } from "vitest";
import { z } from "zod";

import type { Outcome } from "../../../src/domain/outcome.ts";
import { noArtifacts } from "../../../src/engine/artifacts.ts";
import { equippedKinds } from "../../../src/engine/equipped-kinds.ts";
import { maskedKinds } from "../../../src/engine/masked-kinds.ts";
import { SecretText } from "../../../src/engine/secret-text.ts";
import { type ActionContext, defineAction, defineWait, type StepKind } from "../../../src/engine/step-kind.ts";
import { SealedText } from "../../../src/engine/vault.ts";
import type { Json } from "../../../src/platform/canonical-json.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { testVault } from "../../support/idle-tools.ts";
import { MemoryArtifacts } from "../../support/memory-artifacts.ts";

const TOKEN = "hunter2-hunter2-hunter2";
const KUBECONFIG = "users:\n- token: abcdefghijklmnopqrstuvwxyz\n  server: https://203.0.113.7:6443/cluster";

const Input = z.strictObject({
  url: z.string(),
  headers: z.record(z.string(), SecretText).optional(),
  targets: z.array(z.union([z.string(), z.strictObject({ token: SecretText })])).optional(),
});
const Output = z.strictObject({
  seen: z.string(),
  kubeconfig: SecretText.optional(),
  body: z.unknown().optional(),
});
type Output = z.infer<typeof Output>;

class Rig {
  readonly artifacts = new MemoryArtifacts();
  readonly mask = new SecretMask();
  readonly vault = testVault({ TOKEN });
  readonly given: unknown[] = [];

  async run(input: Json, act: (context: ActionContext) => Promise<Output>, run = "run_1"): Promise<Outcome> {
    const kind = this.equip(
      defineAction({
        kind: "test/act",
        summary: "",
        input: Input,
        output: Output,
        repeat: "safe",
        run: async (opened, context) => {
          this.given.push(opened);
          return { status: "succeeded", output: await act(context) };
        },
      }),
    );
    if (kind.sort !== "action") throw new Error("no action");
    return await kind.run(input, { ...this.context(run), checkpointed: undefined, checkpoint: async () => undefined });
  }

  equip(kind: StepKind): StepKind {
    const equipped = maskedKinds(equippedKinds(new Map([[kind.kind, kind]]), this), this.mask).get(kind.kind);
    if (equipped === undefined) throw new Error("the kind is gone");
    return equipped;
  }

  context(run = "run_1") {
    return {
      effect: { run, path: "deploy/act", attempt: 1 },
      facts: { runTitle: "", requester: "p_ana", requesterUser: "U1" },
      signal: new AbortController().signal,
      startedAt: 0,
      artifacts: noArtifacts,
      progress: () => undefined,
    };
  }
}

const nothing = async (): Promise<Output> => ({ seen: "" });

const WithKubeconfig = z.object({ output: z.object({ kubeconfig: z.object({ sealed: SealedText }) }) });

function kubeconfigOf(outcome: Outcome): { sealed: SealedText } {
  return WithKubeconfig.parse(outcome).output.kubeconfig;
}

describe("equippedKinds", () => {
  it("opens the secrets of an input where its kind declares them, and hides them from then on", async () => {
    const rig = new Rig();
    const input = {
      url: "x",
      headers: { authorization: { secret: "TOKEN" } },
      targets: ["a", { token: { secret: "TOKEN" } }],
    };
    const outcome = await rig.run(input, async () => ({ seen: `it said ${TOKEN}` }));
    expect(rig.given).toEqual([{ url: "x", headers: { authorization: TOKEN }, targets: ["a", { token: TOKEN }] }]);
    expect(outcome).toEqual({ status: "succeeded", output: { seen: "it said «secret»" } });
  });

  it("refuses a secret where its kind declares none, without looking it up", async () => {
    const rig = new Rig();
    const outcome = await rig.run({ url: { secret: "ABSENT" } }, nothing);
    expect(outcome).toMatchObject({ status: "failed", failure: { code: "input.secret-misplaced", retry: "never" } });
    expect(rig.given).toEqual([]);
  });

  it("fails before it begins when there is no such secret", async () => {
    const rig = new Rig();
    const outcome = await rig.run({ url: "x", headers: { a: { secret: "ABSENT" } } }, nothing);
    expect(outcome).toMatchObject({ status: "failed", failure: { code: "secret.unresolved" } });
    expect(rig.given).toEqual([]);
  });

  it("seals a secret output, which opens again as an input of the same run and of no other", async () => {
    const rig = new Rig();
    const outcome = await rig.run({ url: "x" }, async () => ({ seen: "done", kubeconfig: KUBECONFIG }));
    expect(JSON.stringify(outcome)).not.toContain("abcdefghij");
    const kubeconfig = kubeconfigOf(outcome);
    expect(kubeconfig).toMatchObject({ sealed: { origin: "run_1/deploy/act/1/kubeconfig" } });
    await rig.run({ url: "x", headers: { k: kubeconfig } }, nothing);
    expect(rig.given.at(-1)).toEqual({ url: "x", headers: { k: KUBECONFIG } });
    const elsewhere = await rig.run({ url: "x", headers: { k: kubeconfig } }, nothing, "run_2");
    expect(elsewhere).toMatchObject({ status: "failed", failure: { code: "secret.unreadable" } });
  });

  it("hides each token of a secret that consists of several, and no address in it", async () => {
    const rig = new Rig();
    await rig.run({ url: "x" }, async () => ({ seen: "done", kubeconfig: KUBECONFIG }));
    expect(rig.mask.text("abcdefghijklmnopqrstuvwxyz")).toBe("«secret»");
    expect(rig.mask.text("https://203.0.113.7:6443/cluster is up")).toContain("203.0.113.7");
  });

  it("opens nothing that was changed since it was sealed", async () => {
    const rig = new Rig();
    const outcome = await rig.run({ url: "x" }, async () => ({ seen: "done", kubeconfig: KUBECONFIG }));
    const origin = "run_1/deploy/other/1/kubeconfig";
    const moved = { sealed: { ...kubeconfigOf(outcome).sealed, origin } };
    const refused = await rig.run({ url: "x", headers: { k: moved } }, nothing);
    expect(refused).toMatchObject({ status: "failed", failure: { code: "secret.unreadable" } });
  });

  it("refuses an output in which others wrote what looks like a secret of ours", async () => {
    const rig = new Rig();
    const outcome = await rig.run({ url: "x" }, async () => ({ seen: "", body: { deep: [{ secret: "TOKEN" }] } }));
    expect(outcome).toMatchObject({ status: "failed", failure: { code: "output.looks-secret" } });
    expect(outcome).toMatchObject({ failure: { message: expect.stringContaining("body.deep[0]") } });
  });

  it("lets an output hold other things that are called secret", async () => {
    const body = { volumes: [{ secret: { secretName: "tls" } }, { secret: "a", name: "b" }] };
    const outcome = await new Rig().run({ url: "x" }, async () => ({ seen: "", body }));
    expect(outcome).toEqual({ status: "succeeded", output: { seen: "", body } });
  });

  it("says in the outcome what was left in the store, also by an execution that failed", async () => {
    const rig = new Rig();
    const leave = async ({ artifacts }: ActionContext): Promise<void> => {
      for (const text of ["one", "two"]) {
        await artifacts.put({ name: "log", mediaType: "text/plain", content: Buffer.from(text) });
      }
    };
    const good = await rig.run({ url: "x" }, async (context) => {
      await leave(context);
      return { seen: "" };
    });
    const bad = await rig.run({ url: "x" }, async (context) => {
      await leave(context);
      throw new Error("broken");
    });
    const artifacts = [expect.objectContaining({ name: "log", bytes: 3 })];
    expect(good).toMatchObject({ status: "succeeded", artifacts });
    expect(bad).toMatchObject({ status: "failed", artifacts });
    expect(rig.artifacts.text("log")).toBe("two");
  });

  it("lets what the server prepares see no secret", async () => {
    const rig = new Rig();
    const kind = rig.equip(
      defineAction({
        kind: "test/prepared",
        summary: "",
        input: Input,
        output: z.strictObject({}),
        repeat: "safe",
        prepare: async (input) => input,
        run: async () => ({ status: "succeeded", output: {} }),
      }),
    );
    if (kind.sort !== "action" || kind.prepare === undefined) throw new Error("it prepares nothing");
    const prepared = await kind.prepare({ url: "x", headers: { a: { secret: "TOKEN" } } }, rig.context());
    expect(prepared).toEqual({ url: "x", headers: { a: "«secret»" } });
  });

  it("gives a wait its secrets and the store as well", async () => {
    const rig = new Rig();
    const kind = rig.equip(
      defineWait({
        kind: "test/wait",
        summary: "",
        input: Input,
        output: Output,
        run: async (input, { artifacts }) => {
          rig.given.push(input);
          await artifacts.put({ name: "seen", mediaType: "text/plain", content: Buffer.from("x") });
          return { status: "succeeded", output: { seen: TOKEN } };
        },
      }),
    );
    if (kind.sort !== "wait") throw new Error("no wait");
    const outcome = await kind.run({ url: "x", headers: { a: { secret: "TOKEN" } } }, rig.context());
    expect(rig.given).toEqual([{ url: "x", headers: { a: TOKEN } }]);
    expect(outcome).toMatchObject({ output: { seen: "«secret»" }, artifacts: [{ name: "seen" }] });
  });
});
