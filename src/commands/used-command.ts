import type { PlanNode } from "../domain/plan.ts";
import type { ExpressionType } from "../expressions/expression-type.ts";
import type { Json } from "../platform/canonical-json.ts";
import type { CommandInput } from "./command.ts";

/** A command as another one uses it: what it takes, what it does, and what it gives. */
export interface UsedCommand {
  readonly inputs: readonly CommandInput[];
  readonly nodes: readonly PlanNode[];
  /** Templates, by name. */
  readonly outputs: Readonly<Record<string, Json>>;
  readonly outputTypes: Readonly<Record<string, ExpressionType>>;
  /** The secrets that its expressions name. */
  readonly secrets: readonly string[];
  /** How many steps it has, those of the commands that it uses among them. */
  readonly steps: number;
}

/** What stands behind `uses: command/NAME` in a command. */
export type UsedCommandFound =
  | { readonly kind: "found"; readonly used: UsedCommand }
  /** It cannot be used there; `why` says so to whoever wrote the use. */
  | { readonly kind: "refused"; readonly why: string }
  /** It has mistakes of its own, which are reported where they stand. */
  | { readonly kind: "broken" };

export type FindUsed = (command: string) => UsedCommandFound;
