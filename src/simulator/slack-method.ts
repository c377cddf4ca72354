import { z } from "zod";

import { SlackApiError, invalidArguments } from "./slack-api-error.ts";
import type { JsonObject } from "./slack-messages.ts";
import type { SlackRateLimitName } from "./slack-rate-limits.ts";
import type { SlackTokenKind } from "./slack-tokens.ts";
import type { SlackWorld } from "./slack-world.ts";

/** One Web API method as the server calls it. */
export interface SlackMethod {
  readonly limit: SlackRateLimitName;
  readonly token: SlackTokenKind | "none";
  /** The scope without which it answers `missing_scope`. */
  readonly scope: string | undefined;
  /** Whether it draws from the posting budget of its channel as well. */
  readonly posts: boolean;
  /** The fields of the answer besides `ok`. Throws SlackApiError to refuse. */
  readonly run: (args: JsonObject, world: SlackWorld) => JsonObject;
}

interface SlackMethodDefinition<T> {
  readonly limit: SlackRateLimitName;
  readonly token?: SlackTokenKind | "none";
  readonly scope?: string;
  readonly posts?: boolean;
  readonly args: z.ZodType<T>;
  readonly run: (args: T, world: SlackWorld) => JsonObject;
}

/** A method whose arguments are checked by `args`; a wrong one is answered as Slack does, with `invalid_arguments`. */
export function defineSlackMethod<T>(definition: SlackMethodDefinition<T>): SlackMethod {
  const { limit, token = "bot", scope, posts = false } = definition;
  const run = (args: JsonObject, world: SlackWorld): JsonObject => {
    const parsed = definition.args.safeParse(args);
    if (!parsed.success) throw invalidArguments(parsed.error.issues.map((issue) => issueText(issue, args)));
    return definition.run(parsed.data, world);
  };
  return { limit, token, scope, posts, run };
}

function issueText(issue: z.core.$ZodIssue, args: JsonObject): string {
  const name = issue.path.join("/");
  const missing = args[String(issue.path[0])] === undefined;
  return missing ? `missing required field: ${name}` : `invalid argument: ${name} [json-pointer:/${name}]`;
}

/** A text; forms send everything as text, JSON bodies may send numbers. */
export const textArgument = z.union([z.string(), z.number().transform(String)]);

export const flagArgument = z.union([z.boolean(), z.enum(["true", "false", "1", "0"])]).transform(isTrue);

export const countArgument = z.coerce.number().int().min(0);

/** A value that a form carries as JSON text and a JSON body as it is. Unreadable text stays text. */
export const jsonArgument = z.unknown().transform((value): unknown => {
  if (typeof value !== "string") return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
});

function isTrue(value: boolean | string): boolean {
  return value === true || value === "true" || value === "1";
}

export function requireScope(world: SlackWorld, needed: string): void {
  const { scopes } = world.workspace.app;
  if (!scopes.includes(needed)) throw new SlackApiError("missing_scope", { needed, provided: scopes.join(",") });
}

/** One page of a list, with the cursor of the next. */
export function page<T>(
  items: readonly T[],
  args: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
): { readonly items: readonly T[]; readonly response_metadata: JsonObject } {
  const from = args.cursor === undefined || args.cursor === "" ? 0 : Number(args.cursor.replace(/^next:/u, ""));
  if (!Number.isInteger(from)) throw new SlackApiError("invalid_cursor");
  const limit = args.limit === undefined || args.limit === 0 ? 100 : Math.min(args.limit, 1000);
  const next = from + limit < items.length ? `next:${String(from + limit)}` : "";
  return { items: items.slice(from, from + limit), response_metadata: { next_cursor: next } };
}
