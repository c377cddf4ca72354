import { artifactsOf, JsonValue, type Outcome } from "../domain/outcome.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { Artifacts } from "./artifacts.ts";
import { hideSecrets, openSecrets, sealSecrets } from "./opened-secrets.ts";
import { RecordedArtifacts } from "./recorded-artifacts.ts";
import { mayHoldReference, type SecretPlaces, secretPlaces } from "./secret-places.ts";
import { type ActionContext, failureOf, type StepContext, type StepKind } from "./step-kind.ts";
import type { Vault } from "./vault.ts";

/** What executions have in the process in which they happen. */
export interface StepTools {
  readonly artifacts: Artifacts;
  readonly vault: Vault;
  readonly mask: Pick<SecretMask, "add" | "text">;
}

interface Equipment {
  readonly kind: StepKind;
  readonly tools: StepTools;
  readonly inputPlaces: SecretPlaces;
  readonly outputPlaces: SecretPlaces;
}

/**
 * The same step kinds, made ready for work in this process: they get their secrets opened where they are executed and nowhere
 * else, their secret outputs are sealed before anybody sees them, and what they leave in the store stands in their outcome.
 */
export function equippedKinds(kinds: ReadonlyMap<string, StepKind>, tools: StepTools): ReadonlyMap<string, StepKind> {
  return new Map(Array.from(kinds, ([name, kind]) => [name, equipped(kind, tools)]));
}

function equipped(kind: StepKind, tools: StepTools): StepKind {
  const inputPlaces = secretPlaces(kind.inputSchema, "input");
  const equipment = { kind, tools, inputPlaces, outputPlaces: secretPlaces(kind.outputSchema, "output") };
  switch (kind.sort) {
    case "action":
      return { ...kind, ...equippedAction(kind, equipment) };
    case "wait":
      return {
        ...kind,
        run: (input: unknown, context: StepContext) =>
          execute(equipment, { input, context, run: (opened, ready) => kind.run(opened, ready) }),
      };
    case "gate":
      return {
        ...kind,
        open: (input, context) => kind.open(openedInput(equipment, input, context), atWork(context, tools)),
        subject: (input, context) => kind.subject(openedInput(equipment, input, context), atWork(context, tools)),
      };
  }
}

type Action = Extract<StepKind, { sort: "action" }>;

function equippedAction(kind: Action, equipment: Equipment): Pick<Action, "prepare" | "run"> {
  const { prepare } = kind;
  const { inputPlaces, tools } = equipment;
  return {
    prepare:
      prepare &&
      ((input, context) => {
        const shown = mayHoldReference(input) ? hideSecrets(JsonValue.parse(input), inputPlaces) : input;
        return prepare(shown, atWork(context, tools));
      }),
    run: (input, context: ActionContext) =>
      execute(equipment, { input, context, run: (opened, ready) => kind.run(opened, ready) }),
  };
}

interface Work<Context> {
  readonly input: unknown;
  readonly context: Context;
  readonly run: (input: unknown, context: Context) => Promise<Outcome>;
}

async function execute<Context extends StepContext>(equipment: Equipment, work: Work<Context>): Promise<Outcome> {
  const { tools, outputPlaces } = equipment;
  const { context } = work;
  const artifacts = new RecordedArtifacts(tools.artifacts, tools.mask);
  try {
    const outcome = await work.run(openedInput(equipment, work.input, context), { ...context, artifacts });
    if (outcome.status === "postponed") return outcome;
    const left = artifactsOf({ artifacts: artifacts.left });
    if (outcome.status === "failed") return { ...outcome, ...left };
    if (!outputPlaces.hasAny && !mayHoldReference(outcome.output)) return { ...outcome, ...left };
    const sealing = { ...tools, places: outputPlaces, effect: context.effect };
    return { ...outcome, output: sealSecrets(outcome.output, sealing), ...left };
  } catch (error) {
    return { status: "failed", failure: failureOf(error), ...artifactsOf({ artifacts: artifacts.left }) };
  }
}

function openedInput({ tools, inputPlaces }: Equipment, input: unknown, { effect }: StepContext): unknown {
  if (!mayHoldReference(input)) return input;
  return openSecrets(JsonValue.parse(input), { ...tools, places: inputPlaces, effect });
}

function atWork<Context extends StepContext>(context: Context, { artifacts }: StepTools): Context {
  return { ...context, artifacts };
}
