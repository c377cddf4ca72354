import type { SecretMask } from "../platform/masking.ts";
import type { ActionContext, StepContext, StepKind } from "./step-kind.ts";

/** The same step kinds, of which no result, progress, checkpoint or error says a secret: what others wrote may hold one. */
export function maskedKinds(kinds: ReadonlyMap<string, StepKind>, mask: SecretMask): ReadonlyMap<string, StepKind> {
  return new Map(Array.from(kinds, ([name, kind]) => [name, maskedKind(kind, mask)]));
}

function maskedKind(kind: StepKind, mask: SecretMask): StepKind {
  switch (kind.sort) {
    case "action":
      return { ...kind, ...maskedAction(kind, mask) };
    case "wait":
      return {
        ...kind,
        run: (input: unknown, context: StepContext) => masked(mask, () => kind.run(input, quiet(mask, context))),
      };
    case "gate":
      return {
        ...kind,
        open: (input, context) => masked(mask, () => kind.open(input, { ...context, ...quiet(mask, context) })),
        subject: (input, context) => masked(mask, () => kind.subject(input, { ...context, ...quiet(mask, context) })),
      };
  }
}

type Action = Extract<StepKind, { sort: "action" }>;

function maskedAction(kind: Action, mask: SecretMask): Pick<Action, "prepare" | "run"> {
  const { prepare } = kind;
  return {
    ...(prepare !== undefined && {
      prepare: (input, context) => masked(mask, () => prepare(input, quiet(mask, context))),
    }),
    run: (input, context) => masked(mask, () => kind.run(input, quietAction(mask, context))),
  };
}

function quiet(mask: SecretMask, context: StepContext): StepContext {
  return { ...context, progress: (progress) => context.progress(mask.deep(progress)) };
}

function quietAction(mask: SecretMask, context: ActionContext): ActionContext {
  return {
    ...context,
    ...quiet(mask, context),
    masked: (value) => mask.deep(value),
    checkpoint: (data) => context.checkpoint(mask.deep(data)),
  };
}

async function masked<Value>(mask: SecretMask, run: () => Promise<Value>): Promise<Value> {
  try {
    return mask.deep(await run());
  } catch (error) {
    throw mask.error(error);
  }
}
