import type { Plan, PlanNode, StepNode } from "../../../src/domain/plan.ts";
import type { Dice } from "../dice.ts";

const RETRY = { attempts: 8, delayMs: 2000, factor: 1.5, maxDelayMs: 20_000 };
const BUILD = { build: { type: "number" }, note: { type: "text", optional: true } };
/** What has to be sent for such a plan to come to its end. */
export const SIGNALS: readonly string[] = ["tests-done", "go", "go", "signed"];

/** A chain that uses the kinds that wait for outside: the same nodes, in an order and shape of the dice. */
export function kindsPlan(dice: Dice): Plan {
  const post = step("announce", "http/request", {
    with: { url: "https://hooks.test/${{ run.id }}", method: "POST", json: { about: "${{ run.id }}" } },
    retry: RETRY,
  });
  const cluster = step("cluster", "argocd/cluster", {
    with: { name: "eu-1", kubeconfig: "${{ secrets.KUBECONFIG }}" },
    // Few enough that it fails now and then.
    retry: { ...RETRY, attempts: 2 },
  });
  const beside: PlanNode[] = dice.chance(0.5) ? [cluster, waitFor("tests")] : [waitFor("tests"), cluster];
  const middle: PlanNode = { type: "parallel", key: "beside", failFast: dice.chance(0.7), branches: beside };
  const rounds: PlanNode = {
    type: "for-each",
    key: "rounds",
    items: "['a', 'b']",
    as: "round",
    ...(dice.chance(0.5) && { atATime: 2 }),
    steps: [waitFor("go", { name: "go", payload: undefined })],
  };
  const shown = step("shown", "slack/message", {
    with: { text: "build ${{ string(steps.tests.outputs.payload.build) }}" },
  });
  const signed = waitFor("signed", { name: "signed", payload: undefined });
  const steps = dice.chance(0.5) ? [post, middle, shown, rounds, signed] : [middle, rounds, post, signed, shown];
  return {
    engine: 1,
    command: "kinds",
    title: "Kinds",
    verb: "kinds",
    steps,
    onFailure: [],
    secrets: ["KUBECONFIG"],
    ...(dice.chance(0.4) && { finally: [step("last", "slack/message", { with: { text: "over" } })] }),
  };
}

function waitFor(
  key: string,
  { name = "tests-done", payload = BUILD }: { name?: string; payload?: object | undefined } = {},
): StepNode {
  const values = name === "tests-done" ? { payload: JSON.parse(JSON.stringify(payload)) } : {};
  return step(key, "signal", { sort: "wait", awaits: "signal", with: { name, ...values }, timeoutMs: 7_200_000 });
}

function step(key: string, uses: string, more: Partial<StepNode>): StepNode {
  return { type: "step", key, uses, sort: "action", protects: false, with: {}, ...more };
}
