import { once } from "node:events";

import { z } from "zod";

import type { ApprovalRule } from "../domain/target.ts";
import type { Effect } from "../domain/effect.ts";
import type { GateEvidence, GateSubject, PlanEvidence } from "../domain/gate.ts";
import type { RunEnvironment } from "../domain/named-environment.ts";
import type { RunTarget } from "../domain/run-event.ts";
import { type Failure, JsonValue, type Outcome, type Progress } from "../domain/outcome.ts";
import { AppError, errorCode, errorMessage } from "../platform/errors.ts";
import type { SignalAsk } from "../domain/signal-ask.ts";
import type { Json, JsonMap } from "../platform/canonical-json.ts";
import type { Artifacts } from "./artifacts.ts";
import type { FindGivenFaults } from "./given-fault.ts";
import type { KindOrigin } from "./kind-origin.ts";
import type { StepNotes } from "./step-notes.ts";

/**
 * How safe it is to execute an action again when it is not known whether its earlier execution took effect.
 * `safe`: repeating changes nothing more. `keyed`: it finds out by the effect's identity whether it already happened.
 * `ask`: a person decides.
 */
export type Repeat = "safe" | "keyed" | "ask";

/** A proof from the log: the application was live and healthy at `revision` when that run ended its wait. */
export interface Proof {
  readonly run: string;
  readonly app: string;
  readonly applicationUid: string;
  readonly revision: string;
  readonly sourceDigest: string;
  readonly provenAt: number;
}

/** What the server knows and puts into a job, because a worker cannot look it up. */
export interface StepFacts {
  readonly runTitle: string;
  /** Pseudonym of the person who asked for the run. */
  readonly requester: string;
  /** The same person as a Slack user id, to be named outside; the pseudonym for somebody who was redacted. */
  readonly requesterUser: string;
  /** What people approved for exactly this step, when its environment asks for approval. */
  readonly approved?: StepApproval;
  /**
   * What the step had written down when it last did not succeed, where it was reached anew since by way of a step before it. It may
   * find another world, so nothing of it may be taken for done; what it still owes may be made good.
   */
  readonly leftBehind?: Json;
  /** The newest proof for the application that `input.app` names. */
  readonly proof?: Proof;
  /** For a gate that is asked anew: the saved plan that it showed the last time. */
  readonly planBefore?: PlanEvidence;
  /** Where the step works, when `input.app` is one of the run's own applications. */
  readonly place?: StepPlace;
  /** The environment whose rule counts where `input.app` names no application; absent where the run is for none. */
  readonly environment?: RunEnvironment;
}

/** What people approved for a step. */
export interface StepApproval {
  readonly subject: GateSubject;
  /** What the decisions were about. */
  readonly digest: string;
  /** The path of the gate that lets the step through. */
  readonly gate: string;
  /** What the gate was given: what of the subject follows from it is made from it anew. */
  readonly asked: Readonly<Record<string, Json>>;
  /** Of the plan that the run follows. */
  readonly planDigest: string;
  /** The step was begun under it before the run was retried: what was approved may have been done, and undone by others. */
  readonly isUsed: boolean;
}

/** The environment in which a step works, and the one before it in the order. */
export interface StepPlace {
  readonly target: RunTarget;
  readonly previous?: RunTarget;
}

/** What every execution gets. `signal` aborts on cancel, time-out and shutdown. */
export interface StepContext {
  readonly effect: Effect;
  readonly facts: StepFacts;
  readonly signal: AbortSignal;
  /** When this attempt started, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Where it leaves files, and reads those of the steps before it. */
  readonly artifacts: Artifacts;
  progress(progress: Progress): void;
}

export interface ActionContext extends StepContext {
  /** What the newest execution of the step wrote down, of this attempt or an earlier one. */
  readonly checkpointed: Json | undefined;
  /** What the attempt wrote down that failed, where a person has had the step repeated and nothing before it. */
  readonly earlier?: Json | undefined;
  /** What `prepare` gathered for this dispatch; undefined for a kind that needs nothing prepared. */
  readonly prepared?: Json | undefined;
  /**
   * The same value as it leaves the execution, without the secrets that this process knows; the value itself where it is absent.
   * For a digest of what is put out.
   */
  readonly masked?: (<Value>(value: Value) => Value) | undefined;
  /** Resolves once `data` is durable; call it before an effect, with what is needed to find that effect again. */
  checkpoint(data: Json): Promise<void>;
}

export interface GateContext extends StepContext {
  readonly planDigest: string;
}

/** What a gate shows and asks. */
export interface GateOpening {
  readonly subject: GateSubject;
  readonly evidence: GateEvidence;
  readonly rule: ApprovalRule;
}

// Only what is made here has it.
const MADE = Symbol("made here");

interface Described {
  readonly [MADE]?: true;
  /** As in `uses: argocd/sync`. */
  readonly kind: string;
  readonly summary: string;
  readonly inputSchema: z.ZodType;
  readonly outputSchema: z.ZodType;
  readonly notes?: StepNotes | undefined;
  /** What can be known wrong in a command file beyond what `inputSchema` says. */
  readonly givenFaults?: FindGivenFaults | undefined;
  /** The plug-in that brought it; absent for one of this program. */
  readonly origin?: KindOrigin | undefined;
}

/** A step kind with its input type closed over, as the engine, the loader and the reference generator see it. */
export type StepKind = Described &
  (
    | {
        readonly sort: "action";
        readonly repeat: Repeat;
        readonly protects: boolean;
        /** The kind of the action that ends what this one may have left running, with `{ app, operation }` as its input. */
        readonly stopWith?: string | undefined;
        /** Only the server can execute it: it is not handed to workers. */
        readonly where?: "server" | undefined;
        /** See `isLetFinish`. */
        readonly isAwaited?: ((prepared: Json | undefined) => boolean) | undefined;
        /**
         * Gathers on the server, before each dispatch, what a worker cannot know. Things may have moved by the time the
         * action is executed, so the action compares what it finds with what was looked at here.
         */
        readonly prepare?: ((input: unknown, context: StepContext) => Promise<Json>) | undefined;
        run(input: unknown, context: ActionContext): Promise<Outcome>;
      }
    | {
        readonly sort: "wait";
        readonly protects: false;
        /** It waits for what comes in through the run, and is not watched: `run` ends only when it is told to. */
        readonly awaits?: "signal" | undefined;
        run(input: unknown, context: StepContext): Promise<Outcome>;
      }
    | {
        readonly sort: "gate";
        readonly protects: false;
        open(input: unknown, context: GateContext): Promise<GateOpening>;
        subject(input: unknown, context: GateContext): Promise<GateSubject>;
      }
  );

interface Definition<Input, Output extends Readonly<Record<string, unknown>>> {
  readonly kind: string;
  readonly summary: string;
  readonly input: z.ZodType<Input>;
  readonly output: z.ZodType<Output>;
  readonly notes?: StepNotes | undefined;
  readonly givenFaults?: FindGivenFaults | undefined;
}

/** How a step kind's own code says that it ended; `output` is checked against the declared schema. */
export type StepResult<Output> =
  | { readonly status: "succeeded"; readonly output: Output }
  | Exclude<Outcome, { status: "succeeded" }>;

/** Declares an action: it does something, on a worker, at least once, and says how safe a repetition is. */
export function defineAction<Input, Output extends Readonly<Record<string, unknown>>>(
  definition: Definition<Input, Output> & {
    readonly repeat: Repeat;
    /** True when it changes what runs in the environment of `input.app`. */
    readonly protects?: boolean;
    /** What is executed when the run is cancelled before a wait has proven that it is over. */
    readonly stopWith?: string | undefined;
    /** `server` for what needs something that only the server has, such as write access to Git. It is executed there also where there are workers. */
    readonly where?: "server" | undefined;
    /**
     * Whether an execution with this preparation is let come to its end when its process ends, as those of `ask` actions are: it
     * could not go on where it was cut short.
     */
    readonly isAwaited?: ((prepared: Json | undefined) => boolean) | undefined;
    /**
     * Resolves with what goes through JSON. Absent where nothing has to be prepared, and on workers, which get it done. What it
     * throws is the attempt's failure.
     */
    readonly prepare?: ((input: Input, context: StepContext) => Promise<unknown>) | undefined;
    run(input: Input, context: ActionContext): Promise<StepResult<Output>>;
  },
): StepKind {
  const { prepare } = definition;
  return {
    ...described(definition),
    sort: "action",
    repeat: definition.repeat,
    protects: definition.protects ?? false,
    stopWith: definition.stopWith,
    where: definition.where,
    isAwaited: definition.isAwaited,
    prepare:
      prepare &&
      (async (input, context) => throughJson(JsonValue, await prepare(definition.input.parse(input), context))),
    run: (input, context) => guarded(definition, () => definition.run(definition.input.parse(input), context)),
  };
}

/** Whether an execution is let come to its end, within limits, when the process in which it happens is told to end. */
export function isLetFinish(kind: StepKind | undefined, prepared: Json | undefined): boolean {
  return kind?.sort === "action" && (kind.repeat === "ask" || kind.isAwaited?.(prepared) === true);
}

/** Declares a wait: it watches for something, on the server, and may be started again at any time. */
export function defineWait<Input, Output extends Readonly<Record<string, unknown>>>(
  definition: Definition<Input, Output> & { run(input: Input, context: StepContext): Promise<StepResult<Output>> },
): StepKind {
  return {
    ...described(definition),
    sort: "wait",
    protects: false,
    run: (input, context) => guarded(definition, () => definition.run(definition.input.parse(input), context)),
  };
}

/**
 * Declares a wait for a word from outside. Its input has the members of `SignalAsk`, and may have others; its output is who
 * sent the word, when, and what came with it.
 */
export function defineSignal<Input extends SignalAsk>(
  definition: Definition<Input, { readonly by: string; readonly at: number; readonly payload: JsonMap }>,
): StepKind {
  return {
    ...described(definition),
    sort: "wait",
    protects: false,
    awaits: "signal",
    run: (input, { signal }) =>
      guarded(definition, async () => {
        definition.input.parse(input);
        return await aborted(signal);
      }),
  };
}

/** Declares a gate: a wait for people. `open` gathers what they are shown; `subject` says what an approval would be of now. */
export function defineGate<Input, Output extends Readonly<Record<string, unknown>>>(
  definition: Definition<Input, Output> & {
    open(input: Input, context: GateContext): Promise<GateOpening>;
    subject(input: Input, context: GateContext): Promise<GateSubject>;
  },
): StepKind {
  return {
    ...described(definition),
    sort: "gate",
    protects: false,
    open: (input, context) => definition.open(definition.input.parse(input), context),
    subject: (input, context) => definition.subject(definition.input.parse(input), context),
  };
}

/** Whether it was made by one of the functions above, so that its input and its output are checked. */
export function isStepKind(value: unknown): value is StepKind {
  return typeof value === "object" && value !== null && MADE in value;
}

/** The failure that a thrown error stands for; its retry class decides whether the step is tried again. */
export function failureOf(thrown: unknown): Failure {
  const retry = thrown instanceof AppError ? thrown.retry : "never";
  const details = thrown instanceof AppError ? JsonMembers.safeParse(thrown.details).data : undefined;
  const failure = { code: errorCode(thrown), message: errorMessage(thrown), retry };
  return details === undefined || Object.keys(details).length === 0 ? failure : { ...failure, details };
}

// How soon it is tried again when whoever is asked is away.
const AWAY_AGAIN_MS = 10_000;

/** How a step goes on after an error before anything was done: what passes by itself puts it off, and costs no attempt. */
export function outcomeBeforeEffect(thrown: unknown): Exclude<Outcome, { status: "succeeded" }> {
  const failure = failureOf(thrown);
  const { code, message, retry } = failure;
  if (retry === "never") return { status: "failed", failure };
  return { status: "postponed", code, message, afterMs: retry === "backoff" ? AWAY_AGAIN_MS : retry.afterMs };
}

const JsonMembers = z.record(z.string(), JsonValue);

function described<Input, Output extends Readonly<Record<string, unknown>>>(
  definition: Definition<Input, Output>,
): Described {
  const { kind, summary, input, output, notes, givenFaults } = definition;
  return { [MADE]: true, kind, summary, inputSchema: input, outputSchema: output, notes, givenFaults };
}

async function guarded<Input, Output extends Readonly<Record<string, unknown>>>(
  definition: Definition<Input, Output>,
  run: () => Promise<StepResult<Output>>,
): Promise<Outcome> {
  try {
    const result = await run();
    if (result.status !== "succeeded") return result;
    const output = definition.output.parse(result.output);
    if (Object.keys(output).length === 0) return { status: "succeeded", output: {} };
    return { status: "succeeded", output: throughJson(JsonMembers, output) };
  } catch (error) {
    return { status: "failed", failure: failureOf(error) };
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
}

/** Through JSON once: members that are undefined are not there afterwards, as in the log. */
function throughJson<Value>(schema: z.ZodType<Value>, value: unknown): Value {
  return schema.parse(JSON.parse(JSON.stringify(value)));
}
