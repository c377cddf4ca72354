import { ArgocdClient } from "../../../src/argocd/argocd-client.ts";
import { projectRun } from "../../../src/engine/projection.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import { atEndOfTurn } from "../../../src/platform/turn.ts";
import { argocdCluster } from "../../../src/steps/cluster/argocd-cluster.ts";
import { httpRequest } from "../../../src/steps/http/http-request.ts";
import { signal } from "../../../src/steps/signal/signal.ts";
import { slackMessage } from "../../../src/steps/slack/slack-message.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { FakeClock, settle } from "../../support/fake-clock.ts";
import { MemoryArtifacts } from "../../support/memory-artifacts.ts";
import { Dice } from "../dice.ts";
import { seededRandom } from "../seeded-random.ts";
import { kindsFaults } from "./kinds-check.ts";
import { kindsPlan, SIGNALS } from "./kinds-plan.ts";
import type { PlainFact } from "./signal-book.ts";
import { type Process, startProcess } from "./start-process.ts";
import { KUBECONFIG, ToolEnds } from "./tool-ends.ts";

const STEPS = 40;
const MOST_CALM_STEPS = 60;

/** Plays one seed: a run that is signalled, cancelled, retried and killed at moments of the dice. Returns what was wrong. */
export async function playKinds(seed: string): Promise<readonly string[]> {
  const dice = new Dice(`kinds/${seed}`);
  const random = seededRandom(dice.fork("random"));
  const clock = new FakeClock();
  const store = await openStore({
    dataFolder: ":memory:",
    address: "sim",
    clock,
    random,
    atEndOfTurn,
    projector: projectRun,
  });
  const ends = new ToolEnds(dice.fork("ends"), () => clock);
  const start = (): Process => startKinds({ store, clock, ends, random });
  let process = start();
  const run = process.runs.newRunId();
  const facts = (): readonly PlainFact[] => store.events.readRun(run).map((fact) => JSON.parse(JSON.stringify(fact)));
  try {
    const plan = kindsPlan(dice.fork("plan"));
    await process.runs.start({
      run,
      actor: "p_ana",
      plan,
      planDigest: "d",
      inputs: {},
      targets: [],
      origin: { door: "slash", team: "T1", channel: "C1", text: "" },
      title: "kinds",
    });
    const acts = dice.fork("acts");
    const act = async (): Promise<void> => {
      const roll = acts.fraction();
      if (roll < 0.12) {
        process.life.isDead = true;
        process = start();
        await process.runs.resume();
      } else if (roll < 0.48) await send(process, run, acts);
      else if (roll < 0.55) {
        const cancelled = process.runs.apply(run, { type: "cancel", actor: "p_ana", reason: "" });
        await Promise.all([cancelled, send(process, run, acts)]);
      } else if (roll < 0.65) await process.runs.apply(run, { type: "retry", actor: "p_ana" });
    };
    const early = await process.runs.apply(run, { type: "signal", actor: "p_ben", name: "signed", payload: {} });
    if (early.refusal !== undefined) return [`what comes early is not kept: ${early.refusal.code}`];
    for (let turn = 0; turn < STEPS; turn += 1) {
      await act();
      await pass(process, clock, acts.between(50, 20_000));
      const faults = kindsFaults(facts(), ends, run);
      if (faults.length > 0) return faults;
    }
    ends.isTroubled = false;
    const last = await calm({ process, run, clock, store });
    const faults = kindsFaults(facts(), ends, run);
    return [...faults, ...(last === "succeeded" ? [] : [`it ends as ${last} when nothing goes wrong any more`])];
  } finally {
    process.life.isDead = true;
    await process.work[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
  }
}

/** Everything is well from now on: what is waited for is sent, and what has failed is retried. */
async function calm({
  process,
  run,
  clock,
  store,
}: {
  readonly process: Process;
  readonly run: string;
  readonly clock: FakeClock;
  readonly store: Store;
}): Promise<string> {
  for (let turn = 0; turn < MOST_CALM_STEPS; turn += 1) {
    const { status } = process.runs.state(run);
    if (status === "succeeded") return status;
    if (status === "failed" || status === "cancelled") await process.runs.apply(run, { type: "retry", actor: "p_ana" });
    const [row] = store.events.listRuns({ limit: 1 });
    const names = [...process.runs.state(run).steps.values()].flatMap((step) =>
      step.status === "running" ? [step.signal?.name ?? "another"] : [],
    );
    if (row?.parked === false && names.length > 0 && !names.includes("another")) return "watched while it only waits";
    for (const name of SIGNALS)
      await process.runs.apply(run, { type: "signal", actor: "p_ana", name, payload: payloadOf(name, 7) });
    await pass(process, clock, 15_000);
  }
  return process.runs.state(run).status;
}

async function send(process: Process, run: string, dice: Dice): Promise<void> {
  const name = dice.pick([...SIGNALS, "lunch"]);
  const payload = dice.pick([...WRONG, payloadOf(name, dice.below(100)), { build: "42" }, payloadOf(name, 1)]);
  await process.runs.apply(run, { type: "signal", actor: dice.pick(["p_ana", "p_ben"]), name, payload });
}

const WRONG = [{ build: "many" }, { build: 1, other: 1 }, {}];

function payloadOf(name: string, build: number): Readonly<Record<string, number | string>> {
  return name === "tests-done" ? { build, note: "green" } : {};
}

async function pass(process: Process, clock: FakeClock, ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 1000) {
    await clock.advance(Math.min(1000, ms - passed));
    await process.runs.wakeDue();
    await settle();
  }
}

interface World {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly ends: ToolEnds;
  readonly random: ReturnType<typeof seededRandom>;
}

function startKinds({ store, clock, ends, random }: World): Process {
  const client = new ArgocdClient({ http: { json: ends.argocd }, clock, random });
  const own: readonly StepKind[] = [
    signal,
    slackMessage,
    httpRequest({ send: ends.send, networkPolicy: () => ({ privateAddresses: "deny", allow: [] }) }),
    argocdCluster({ servers: new Map([["main", { url: "https://argocd.test", client }]]) }),
  ];
  const artifacts = new MemoryArtifacts();
  const life = { isDead: false };
  return startProcess({ store, clock, random, artifacts, life, kinds: own, secrets: { KUBECONFIG } });
}
