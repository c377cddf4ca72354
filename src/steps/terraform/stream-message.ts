import { z } from "zod";

import { AppError } from "../../platform/errors.ts";
import { tryJson } from "../../platform/try-json.ts";

const Resource = z.looseObject({ addr: z.string() });

const Change = z.looseObject({
  resource: Resource,
  previous_resource: Resource.optional(),
  action: z.string(),
  reason: z.string().optional(),
  importing: z.looseObject({}).optional(),
});

const Hook = z.looseObject({
  resource: Resource,
  action: z.string(),
  elapsed_seconds: z.number().optional(),
});

/** What a program of the Terraform family complains of, with the place in its files. */
export const Diagnostic = z.looseObject({
  severity: z.enum(["error", "warning"]),
  summary: z.string(),
  detail: z.string().default(""),
  address: z.string().optional(),
  range: z.looseObject({ filename: z.string(), start: z.looseObject({ line: z.int() }) }).optional(),
});
export type Diagnostic = z.infer<typeof Diagnostic>;

const count = z.int().min(0);

const KNOWN = {
  version: z.looseObject({
    type: z.literal("version"),
    terraform: z.string().optional(),
    tofu: z.string().optional(),
    ui: z.string().optional(),
  }),
  planned_change: z.looseObject({ type: z.literal("planned_change"), change: Change }),
  resource_drift: z.looseObject({ type: z.literal("resource_drift"), change: Change }),
  change_summary: z.looseObject({
    type: z.literal("change_summary"),
    changes: z.looseObject({
      add: count,
      change: count,
      remove: count,
      import: count.default(0),
      forget: count.optional(),
      operation: z.string(),
    }),
  }),
  outputs: z.looseObject({
    type: z.literal("outputs"),
    outputs: z.record(z.string(), z.looseObject({ sensitive: z.boolean(), action: z.string().optional() })),
  }),
  diagnostic: z.looseObject({ type: z.literal("diagnostic"), diagnostic: Diagnostic }),
  refresh_start: z.looseObject({ type: z.literal("refresh_start"), hook: z.looseObject({ resource: Resource }) }),
  apply_start: z.looseObject({ type: z.literal("apply_start"), hook: Hook }),
  apply_progress: z.looseObject({ type: z.literal("apply_progress"), hook: Hook }),
  apply_complete: z.looseObject({ type: z.literal("apply_complete"), hook: Hook }),
  apply_errored: z.looseObject({ type: z.literal("apply_errored"), hook: Hook }),
};

type Known = { readonly [Type in keyof typeof KNOWN]: z.infer<(typeof KNOWN)[Type]> };

/** A message of the `-json` stream that decides or shows something. */
export type StreamMessage = Known[keyof Known];

/**
 * A line of the stream. `other`: a message that decides nothing here, of a type of which there are more in each version, or of none.
 * `text`: no message at all, such as what `init` prints of a backend, or an error without its parts.
 */
export type StreamLine =
  | { readonly kind: "message"; readonly message: StreamMessage; readonly text: string }
  | { readonly kind: "other"; readonly text: string }
  | { readonly kind: "text"; readonly text: string };

const Any = z.looseObject({ type: z.string(), "@message": z.string().default("") });

// So OpenTofu's `init` says which providers it installs, and some of its errors.
const Untyped = z.looseObject({ type: z.undefined().optional(), "@level": z.string(), "@message": z.string() });

// The first number of `ui` changes when messages are no longer what they were.
const UI_MAJOR = "1";

/** Reads one line of the stream. Throws `terraform.unreadable-output` for a message of a known type that is not as it should be. */
export function parseStreamLine(line: string): StreamLine {
  // Most of what is no message is not even looked into: refusing it costs more than reading a message.
  const json = line.startsWith("{") ? tryJson(line) : undefined;
  if (json === undefined) return { kind: "text", text: line };
  const any = Any.safeParse(json).data;
  if (any === undefined) return untyped(json) ?? { kind: "text", text: line };
  const text = any["@message"];
  if (!isKnown(any.type)) return { kind: "other", text };
  const read = KNOWN[any.type].safeParse(any);
  if (!read.success) throw unreadable(`a message of the type "${any.type}" is not as it should be`);
  const message = read.data;
  if (message.type === "version" && message.ui !== undefined && message.ui.split(".")[0] !== UI_MAJOR) {
    throw unreadable(`it writes version ${JSON.stringify(message.ui)} of its stream, and only version 1 is known here`);
  }
  return { kind: "message", message, text };
}

function untyped(json: unknown): StreamLine | undefined {
  const read = Untyped.safeParse(json).data;
  if (read === undefined) return undefined;
  return { kind: read["@level"] === "error" ? "text" : "other", text: read["@message"] };
}

/** What a program said cannot be understood: never taken for nothing. */
export function unreadable(why: string): AppError {
  const message = `What the program printed cannot be understood: ${why}. Use a version that is known to work, or report it with the log`;
  return new AppError(message, { code: "terraform.unreadable-output" });
}

function isKnown(type: string): type is keyof typeof KNOWN {
  return Object.hasOwn(KNOWN, type);
}
