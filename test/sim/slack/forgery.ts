import { isObject, type LooseObject } from "./loose-object.ts";

/**
 * How a click lies: about what was shown (`digest`), about the run (`run`), about the opening of the gate (`attempt`), with a
 * value that is none (`garbage`), from a message that somebody copied (`copy`), or from a person of another workspace (`team`).
 */
export type Forgery = "digest" | "run" | "attempt" | "garbage" | "copy" | "team";

/** The value of a button as somebody who edits payloads would send it. */
export function forgedValue(value: string | undefined, how: Forgery): string | undefined {
  if (how === "garbage") return '{"run":1}';
  if (value === undefined || how === "copy" || how === "team") return value;
  const parsed: unknown = JSON.parse(value);
  return isObject(parsed) ? JSON.stringify(changed(parsed, how)) : value;
}

function changed(value: LooseObject, how: "digest" | "run" | "attempt"): LooseObject {
  switch (how) {
    case "digest":
      return "digest" in value ? { ...value, digest: "0".repeat(64) } : value;
    case "attempt":
      return typeof value["attempt"] === "number" ? { ...value, attempt: value["attempt"] + 1 } : value;
    case "run": {
      const { values } = value;
      const run = "run_01ARZ3NDEKTSV4RRFFQ69G5FAV";
      return isObject(values) ? { ...value, values: { ...values, run } } : { ...value, run };
    }
  }
}
