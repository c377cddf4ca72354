import type { Artifacts } from "./artifacts.ts";
import type { StepContext, StepKind } from "./step-kind.ts";

/** What executions have in the process in which they happen. */
export interface StepTools {
  readonly artifacts: Artifacts;
}

/** The same step kinds, made ready for work in this process: with its store for files. */
export function equippedKinds(kinds: ReadonlyMap<string, StepKind>, tools: StepTools): ReadonlyMap<string, StepKind> {
  return new Map(Array.from(kinds, ([name, kind]) => [name, equipped(kind, tools)]));
}

function equipped(kind: StepKind, tools: StepTools): StepKind {
  switch (kind.sort) {
    case "action":
      return { ...kind, ...equippedAction(kind, tools) };
    case "wait":
      return { ...kind, run: (input: unknown, context: StepContext) => kind.run(input, atWork(context, tools)) };
    case "gate":
      return {
        ...kind,
        open: (input, context) => kind.open(input, atWork(context, tools)),
        subject: (input, context) => kind.subject(input, atWork(context, tools)),
      };
  }
}

type Action = Extract<StepKind, { sort: "action" }>;

function equippedAction(kind: Action, tools: StepTools): Pick<Action, "prepare" | "run"> {
  const { prepare } = kind;
  return {
    prepare: prepare && ((input, context) => prepare(input, atWork(context, tools))),
    run: (input, context) => kind.run(input, atWork(context, tools)),
  };
}

function atWork<Context extends StepContext>(context: Context, { artifacts }: StepTools): Context {
  return { ...context, artifacts };
}
