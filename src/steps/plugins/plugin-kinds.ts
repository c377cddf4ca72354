import { z } from "zod";

import type { KindOrigin } from "../../engine/kind-origin.ts";
import { isStepKind, type StepKind } from "../../engine/step-kind.ts";
import { errorText } from "../../platform/errors.ts";
import type { KindDeps, StepFactory, StepSource } from "../step-deps.ts";
import { RetryClass } from "../../domain/outcome.ts";

/** A plug-in that was loaded and in which nothing is wrong. */
export interface LoadedPlugin extends StepSource {
  readonly origin: KindOrigin;
  /** As it is named where it is asked for. */
  readonly named: string;
  readonly root: string;
  /** The files that were loaded for it, its own and those of packages. */
  readonly modules: readonly string[];
  /** The names of its kinds. */
  readonly kinds: readonly string[];
}

const KIND = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/u;
const SUMMARY = /^\p{Lu}[^\n]*\.$/u;
const CODE = /^[a-z][a-z0-9-]*(?:\.[a-z][a-z0-9-]*)+$/u;
/** Namespaces that mean something else. */
const RESERVED: ReadonlySet<string> = new Set(["command", "quarterdeck"]);

const Exported = z.looseObject({
  steps: z.array(z.custom<StepFactory>((value) => typeof value === "function")).min(1),
});

const Notes = z.strictObject({
  failures: z.record(
    z.string().regex(CODE, "a code looks like acme.refused"),
    z.strictObject({ retry: RetryClass, meaning: z.string().min(1) }),
  ),
  artifacts: z.record(z.string(), z.string()).optional(),
  programs: z
    .array(z.strictObject({ name: z.string(), atLeast: z.string(), get: z.string() }))
    .readonly()
    .optional(),
  stop: z.strictObject({ signal: z.enum(["SIGINT", "SIGTERM"]), graceMs: z.number() }).optional(),
  example: z.string(),
});

/** What a module exports as `steps`; what is wrong with that otherwise. */
export function exportedSteps(
  exports: unknown,
): { readonly steps: readonly StepFactory[] } | { readonly fault: string } {
  const parsed = Exported.safeParse(exports);
  if (parsed.success) return parsed.data;
  const has = Object.keys(Object(exports)).join(", ") || "nothing";
  return {
    fault: `it has to export \`steps\`, a list of functions that each make a step kind, as in \`export const steps = [openTicket]\`; it exports ${has}`,
  };
}

/** The kinds that the functions make, each with what is wrong with it. */
export function madeKinds(
  steps: readonly StepFactory[],
  deps: KindDeps,
): { readonly kinds: readonly StepKind[]; readonly faults: readonly string[] } {
  const kinds: StepKind[] = [];
  const faults: string[] = [];
  for (const [index, factory] of steps.entries()) {
    const made = tryMake(factory, deps);
    if ("fault" in made) faults.push(`steps[${index}]: ${made.fault}`);
    else {
      kinds.push(made.kind);
      faults.push(...kindFaults(made.kind).map((fault) => `${made.kind.kind}: ${fault}`));
    }
  }
  return { kinds, faults };
}

function tryMake(factory: StepFactory, deps: KindDeps): { readonly kind: StepKind } | { readonly fault: string } {
  try {
    const kind: unknown = factory(deps);
    if (isStepKind(kind)) return { kind };
    return {
      fault:
        'it makes no step kind. Return what defineAction, defineWait, defineSignal or defineGate of "quarterdeck/steps" gives',
    };
  } catch (error) {
    return {
      fault: `it throws when it is called: ${errorText(error)}. Only make the kind there, and use what it is given in \`run\``,
    };
  }
}

function kindFaults(kind: StepKind): readonly string[] {
  return [...nameFaults(kind.kind), ...schemaFaults(kind), ...noteFaults(kind)].concat(
    SUMMARY.test(kind.summary) ? [] : ["`summary` is to be one sentence: a capital letter first, a full stop last"],
  );
}

function nameFaults(kind: string): readonly string[] {
  if (!KIND.test(kind))
    return ["a kind is called namespace/name, in lower-case letters, digits and dashes, as in acme/ticket"];
  const [namespace = ""] = kind.split("/");
  return RESERVED.has(namespace) ? [`"${namespace}" is not a namespace of step kinds. Take a name of your own`] : [];
}

function schemaFaults(kind: StepKind): readonly string[] {
  return [...schemaFault("input", kind.inputSchema), ...schemaFault("output", kind.outputSchema)];
}

function schemaFault(io: "input" | "output", schema: unknown): readonly string[] {
  if (!(schema instanceof z.ZodType)) return [`\`${io}\` is no schema made with \`z\` of "quarterdeck/steps"`];
  try {
    const { type } = z.toJSONSchema(schema, { io });
    return type === "object"
      ? []
      : [`\`${io}\` has to be an object (z.strictObject): its members are what a command file names`];
  } catch (error) {
    return [
      `\`${io}\` describes what JSON cannot carry: ${errorText(error)}. Use texts, numbers, booleans, lists and objects`,
    ];
  }
}

function noteFaults({ kind, notes }: StepKind): readonly string[] {
  if (notes === undefined)
    return ["it has no `notes`: how it fails, and an example. People read them in the reference"];
  const parsed = Notes.safeParse(notes);
  if (!parsed.success) {
    return parsed.error.issues.map(({ path, message }) => `notes.${path.map(String).join(".")}: ${message}`);
  }
  return notes.example.includes(`uses: ${kind}\n`)
    ? []
    : [`notes.example is to be a step, as YAML, with the line "uses: ${kind}"`];
}
