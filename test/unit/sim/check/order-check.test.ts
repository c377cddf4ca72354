import { describe, expect, test } from "vitest";

import type { Fact, PlanNodeOutline } from "../../../sim/check/fact.ts";
import { checkOrder, checkWindows } from "../../../sim/check/order-check.ts";
import { RunBook } from "../../../sim/check/run-book.ts";
import type { ApprovalRule } from "../../../sim/check/truth.ts";
import { RULE } from "./story.ts";

const ENVIRONMENTS = ["edge-1", "edge-2", "edge-3", "edge-4"];
const BODY: readonly PlanNodeOutline[] = [
  {
    type: "lock",
    key: "lock",
    steps: [
      { type: "step", key: "sync", uses: "argocd/sync" },
      { type: "step", key: "healthy", uses: "argocd/wait" },
    ],
  },
];

interface Shape {
  readonly atATime?: number;
  readonly failFast?: boolean;
  readonly steps?: readonly PlanNodeOutline[];
  /** What the first environment asks for. */
  readonly rule?: ApprovalRule;
}

/** A fleet whose rows are written by hand; says what is found in their order. */
class Fleet {
  readonly #run: RunBook;
  readonly #places;
  #sequence = 0;
  readonly found: string[] = [];

  constructor({ atATime = 2, failFast, steps, rule }: Shape = {}) {
    const loop = { type: "for-each", key: "loop", atATime, steps: BODY, ...(failFast !== undefined && { failFast }) };
    const plan = { command: "fleet", steps: steps ?? [loop], onFailure: [] };
    const targets = ENVIRONMENTS.map((environment) => ({ service: "relay", environment, app: appOf(environment) }));
    this.#run = new RunBook(this.#fact("run.started", { plan, targets, inputs: {} }));
    this.#places = ENVIRONMENTS.map((environment, index) => ({
      app: appOf(environment),
      service: "relay",
      environment,
      approvals: [{ at: 0, rule: index === 0 ? rule : undefined }],
      settleMs: 0,
      degradedGraceMs: 0,
      startDeadlineMs: 0,
    }));
  }

  row(type: string, members: Partial<Fact> = {}): this {
    const fact = this.#fact(type, members);
    checkOrder({ places: this.#places, report: ({ what }) => this.found.push(what) }, this.#run, fact);
    this.#run.apply(fact);
    return this;
  }

  /** The end of a commit. */
  rest(): this {
    checkWindows(this.#run, ({ what }) => this.found.push(what));
    return this;
  }

  enter(environments: readonly string[] = ENVIRONMENTS, atATime = 2): this {
    return this.row("for-each.entered", { path: "fleet/loop", items: environments.map((key) => ({ key })), atATime });
  }

  begin(environment: string, key = "sync", path = pathOf(environment, key)): this {
    if (key === "sync")
      this.row("lock.requested", { path: pathOf(environment, "lock"), keys: [`relay/${environment}`] });
    const uses = key === "healthy" ? "argocd/wait" : "argocd/sync";
    return this.row("step.started", { path, uses, sort: "action", attempt: 1, input: { app: appOf(environment) } });
  }

  end(environment: string, key: string): this {
    this.row("step.succeeded", { path: pathOf(environment, key), attempt: 1 });
    return key === "sync" ? this : this.row("lock.released", { path: pathOf(environment, "lock") });
  }

  through(environment: string): this {
    return this.begin(environment).end(environment, "sync").begin(environment, "healthy").end(environment, "healthy");
  }

  fail(environment: string): this {
    const path = pathOf(environment, "sync");
    const failure = { code: "argocd.sync-failed", message: "", retry: "never" };
    this.row("step.failed", { path, attempt: 1, failure });
    this.row("lock.released", { path: pathOf(environment, "lock") });
    return this.row("branch.failed", { path, failure });
  }

  #fact(type: string, members: Partial<Fact>): Fact {
    this.#sequence += 1;
    const row = { sequence: this.#sequence, stream: "run_1", version: this.#sequence, type, actor: "", at: 0 };
    const rest = { commitment: "", hash: "", salt: null, payload: null };
    return { ...members, row: { ...row, ...rest }, type, actor: "", at: 0, seenAt: 0 };
  }
}

function appOf(environment: string): string {
  return `main/argocd/relay-${environment}`;
}

function pathOf(environment: string, key: string): string {
  return `fleet/loop[${environment}]/${key}`;
}

describe("a loop that goes through two at a time", () => {
  test("may go on with the next as soon as one is through, to the end", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").rest();
    fleet.end("edge-2", "sync").begin("edge-2", "healthy").end("edge-2", "healthy").begin("edge-3").rest();
    fleet.end("edge-1", "sync").begin("edge-1", "healthy").end("edge-1", "healthy").begin("edge-4").rest();
    for (const left of ["edge-3", "edge-4"]) fleet.end(left, "sync").begin(left, "healthy").end(left, "healthy").rest();
    fleet.row("run.finished", { status: "succeeded" });

    expect(fleet.found).toEqual([]);
  });

  test("has no third under way", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").begin("edge-3");

    expect(fleet.found.join()).toContain("then 3 rounds of fleet/loop went at once (edge-1, edge-2, edge-3), not 2");
  });

  test("counts one that is between two of its steps", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").end("edge-2", "sync").begin("edge-3");

    expect(fleet.found.join()).toContain("3 rounds");
  });

  test("leaves out none", () => {
    expect(new Fleet().enter().begin("edge-1").begin("edge-3").found.join()).toContain(
      "before anything had begun in edge-2",
    );
  });

  test("does not keep back the next when there is room", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").rest();
    fleet.end("edge-2", "sync").begin("edge-2", "healthy").end("edge-2", "healthy").rest();

    expect(fleet.found).toEqual([
      "1 rounds of fleet/loop go on, and nothing begins in edge-3, although 2 may go at once.",
    ]);
  });

  test("leaves out nothing in a round", () => {
    expect(new Fleet().enter().begin("edge-1", "healthy").found.join()).toContain("began before sync was done there");
  });

  test("goes through the environments in their order, and through all of them", () => {
    expect(new Fleet().enter(["edge-2", "edge-1"]).found.join()).toContain("in another order");
  });

  test("has been everywhere when it has succeeded", () => {
    const fleet = new Fleet().enter();
    for (const environment of ENVIRONMENTS.slice(0, 3)) fleet.through(environment);
    fleet.row("run.finished", { status: "succeeded" });

    expect(fleet.found.join()).toContain("nothing was proven in edge-4");
  });
});

describe("a round that has failed", () => {
  test("keeps everything else from beginning", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").fail("edge-1").rest();
    expect(fleet.found).toEqual([]);
    expect(fleet.begin("edge-3").found.join()).toContain("began although edge-1 had failed");
  });

  test("lets the others have their turn where the command says so", () => {
    const fleet = new Fleet({ failFast: false })
      .enter()
      .begin("edge-1")
      .begin("edge-2")
      .fail("edge-1")
      .begin("edge-3")
      .rest();
    expect(fleet.found).toEqual([]);
    fleet.row("run.failed", { path: pathOf("edge-1", "sync") });

    expect(fleet.found.join()).toContain("fleet/loop[edge-2]/sync was running");
    expect(fleet.found.join()).toContain("fleet/loop[edge-2]/ was open");
  });

  test("is what the run failed of when it failed first", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").fail("edge-2").fail("edge-1");
    fleet.row("run.failed", { path: pathOf("edge-1", "sync") });

    expect(fleet.found).toEqual([
      "The run failed because of fleet/loop[edge-1]/sync, and fleet/loop[edge-2]/sync had failed first in fleet/loop.",
    ]);
  });

  test("goes on after a retry, and counts anew", () => {
    const fleet = new Fleet().enter().begin("edge-1").begin("edge-2").fail("edge-1").fail("edge-2");
    const forgotten = ["edge-1", "edge-2"].flatMap((place) => [pathOf(place, "sync"), pathOf(place, "lock")]);
    fleet.row("run.failed", { path: pathOf("edge-1", "sync") }).row("run.finished", { status: "failed" });
    fleet
      .row("run.retried", { from: pathOf("edge-1", "sync"), forgotten })
      .begin("edge-1")
      .begin("edge-2")
      .rest();

    expect(fleet.found).toEqual([]);
  });

  test("ends what is asked beside it", () => {
    const ask = { type: "step", key: "ask", uses: "approval" };
    const steps = [{ type: "for-each", key: "loop", atATime: 2, steps: [...BODY, ask] }];
    const fleet = new Fleet({ steps }).enter().begin("edge-1").begin("edge-2");
    fleet.end("edge-2", "sync").begin("edge-2", "healthy").end("edge-2", "healthy");
    fleet.row("step.started", { path: pathOf("edge-2", "ask"), uses: "approval", sort: "gate", attempt: 1 });
    fleet.fail("edge-1").rest();

    expect(fleet.found).toEqual([
      "fleet/loop[edge-2]/ask goes on asking although fleet/loop[edge-1]/sync has failed beside it.",
    ]);
  });
});

describe("outside of such loops", () => {
  test("one environment has its turn after the other", () => {
    const steps = ENVIRONMENTS.flatMap((_none, index) => [
      { type: "step", key: `sync${index}`, uses: "argocd/sync" },
      { type: "step", key: `wait${index}`, uses: "argocd/wait" },
    ]);
    const canary = (): Fleet => new Fleet({ steps });
    const early = canary()
      .begin("edge-1", "s", "fleet/sync0")
      .row("step.succeeded", { path: "fleet/sync0", attempt: 1 });
    const backwards = canary().begin("edge-2", "s", "fleet/sync0").begin("edge-1", "s", "fleet/sync1");

    expect(early.begin("edge-2", "s", "fleet/sync1").found.join()).toContain("was not proven");
    expect(backwards.found.join()).toContain("had its turn");
  });

  test("a loop with one at a time waits for the proof of each", () => {
    const fleet = new Fleet({ atATime: 1 }).enter(ENVIRONMENTS, 1).begin("edge-1").begin("edge-2");

    expect(fleet.found.join()).toContain("began while fleet/loop[edge-1]/sync was running");
  });

  test("nothing changes before the gate that stands before everything has let the run through", () => {
    const gate = { type: "step", key: "gate", uses: "approval" };
    const steps = [gate, { type: "for-each", key: "loop", atATime: 2, steps: BODY }];
    const skipped = (rule?: ApprovalRule): Fleet =>
      new Fleet({ steps, ...(rule && { rule }) }).row("step.skipped", { path: "fleet/gate", uses: "approval" }).enter();

    expect(skipped(RULE).begin("edge-1").found.join()).toContain("began although gate was skipped");
    expect(skipped().begin("edge-1").found).toEqual([]);
  });
});
