import { InProcessDispatcher } from "../../../src/dispatch/in-process-dispatcher.ts";
import type { RunEvent } from "../../../src/domain/run-event.ts";
import type { RunView } from "../../../src/domain/run-view.ts";
import type { Artifacts } from "../../../src/engine/artifacts.ts";
import { equippedKinds } from "../../../src/engine/equipped-kinds.ts";
import { maskedKinds } from "../../../src/engine/masked-kinds.ts";
import { RunService } from "../../../src/engine/run-service.ts";
import { RunWork } from "../../../src/engine/run-work.ts";
import type { StepKind } from "../../../src/engine/step-kind.ts";
import type { Clock } from "../../../src/platform/clock.ts";
import type { Random } from "../../../src/platform/ids.ts";
import { silentLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { atEndOfTurn } from "../../../src/platform/turn.ts";
import type { Store } from "../../../src/store/store.ts";
import { testVault } from "../../support/idle-tools.ts";

/** One process on the log of the ones before it. */
export interface Process {
  readonly runs: RunService;
  readonly work: RunWork;
  readonly kinds: ReadonlyMap<string, StepKind>;
  /** What a dead process still does is never heard. */
  readonly life: { isDead: boolean };
}

interface Wanted {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly artifacts: Artifacts;
  readonly life: { isDead: boolean };
  readonly kinds: readonly StepKind[];
  readonly secrets: Readonly<Record<string, string>>;
  /** Gets what people see, whenever it has changed. */
  readonly onShown?: (run: string, view: () => RunView) => void;
  /** Gets what is on the disk. */
  readonly onRecorded?: (run: string, events: readonly RunEvent[]) => void;
}

/** The engine with its executions, as the program itself wires them, on a store that outlives it. */
export function startProcess(wanted: Wanted): Process {
  const { store, clock, random, artifacts, life, secrets, onShown = () => undefined, onRecorded } = wanted;
  const late: { runs?: RunService } = {};
  const events = new Proxy(store.events, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      return (...args: readonly unknown[]): unknown =>
        life.isDead ? new Promise(() => undefined) : Reflect.apply(member, target, args);
    },
  });
  const mask = new SecretMask();
  const tools = { artifacts, vault: testVault(secrets, random), mask };
  const kinds = maskedKinds(equippedKinds(new Map(wanted.kinds.map((kind) => [kind.kind, kind])), tools), mask);
  const work = new RunWork({
    store: events,
    people: store.people,
    kinds,
    logger: silentLogger,
    createDispatcher: (reports) =>
      new InProcessDispatcher({ kinds, reports, clock, atEndOfTurn, concurrency: 10, shutdownGraceMs: 1000 }),
    apply: async (run, input) => {
      if (late.runs === undefined) throw new Error("there is no service yet");
      return await late.runs.apply(run, input);
    },
    onChanged: onShown,
  });
  const runs = new RunService({
    store: events,
    clock,
    random,
    logger: silentLogger,
    work,
    onWakeAt: () => undefined,
    onRecorded: ({ id }, recorded) => onRecorded?.(id, recorded),
  });
  late.runs = runs;
  return { runs, work, kinds, life };
}
