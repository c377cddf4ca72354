import { Artifact } from "../domain/artifact.ts";
import { FailedPlace } from "../domain/failed-place.ts";
import { Environment, Revision, Service, Target } from "../domain/target.ts";
import { ANY, type ExpressionType, type TypeScope, typeOfSchema } from "../expressions/expression-type.ts";
import type { CommandInput } from "./command.ts";

const TARGET = typeOfSchema(Target, "Target");
const ENVIRONMENT = typeOfSchema(Environment, "Environment");
const REVISION = typeOfSchema(Revision, "Revision");
const SERVICE = typeOfService();
const TEXT: ExpressionType = { kind: "string" };

/** The fields of `failure`, which the steps of `on-failure` may use. */
export const FAILURE: ExpressionType = {
  kind: "object",
  name: "failure",
  fields: {
    code: TEXT,
    message: TEXT,
    step: TEXT,
    artifacts: { kind: "list", of: typeOfSchema(Artifact, "failure.artifacts[]") },
    place: typeOfSchema(FailedPlace, "failure.place"),
  },
};

const RUN = { kind: "object", name: "run", fields: { id: TEXT, requester: TEXT } } as const;

/** `run` where it has come to its end: in the steps of `finally`. */
export const ENDED_RUN: ExpressionType = { ...RUN, fields: { ...RUN.fields, status: TEXT } };

/**
 * The variables that every expression of a command may use: its inputs, `run`, `secrets`, and `steps` without any step yet.
 */
export function inputScope(inputs: readonly CommandInput[], secrets: readonly string[]): TypeScope {
  const types = inputs.map((input) => [input.name, typeOfInput(input)] as const);
  const declared = Object.fromEntries(secrets.map((name): [string, ExpressionType] => [name, { kind: "secret" }]));
  return {
    ...Object.fromEntries(types),
    run: RUN,
    secrets: { kind: "object", name: "secrets", fields: declared },
    steps: { kind: "object", name: "steps", fields: {} },
  };
}

/** What an input is in expressions. One that may be missing is null then, so its type is not known before the run. */
export function typeOfInput({ definition }: CommandInput): ExpressionType {
  if (definition.type === "string" && definition.secret === true) return { kind: "secret" };
  const hasDefault = "default" in definition && definition.default !== undefined;
  const isAlwaysThere = !definition.optional || hasDefault || (definition.type === "revision" && definition.from);
  if (isAlwaysThere === false || isAlwaysThere === undefined) return ANY;
  switch (definition.type) {
    case "service":
      return SERVICE;
    case "environment":
      return definition.of === undefined ? ENVIRONMENT : TARGET;
    case "revision":
      return REVISION;
    case "string":
    case "choice":
    case "run":
    case "person":
      return TEXT;
    case "boolean":
      return { kind: "bool" };
    case "duration":
      return { kind: "int" };
    case "number":
      return ANY;
  }
}

function typeOfService(): ExpressionType {
  const type = typeOfSchema(Service, "Service");
  if (type.kind !== "object") return type;
  return { ...type, fields: { ...type.fields, environments: { kind: "list", of: TARGET } } };
}
