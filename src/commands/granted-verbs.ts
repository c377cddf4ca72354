import { nodesIn, type PlanNode } from "../domain/plan.ts";
import { SignalAsk } from "../domain/signal-ask.ts";
import type { SubCommand } from "./command.ts";

/** The verbs that grants can allow for a command: its own, and those that its steps ask of people who send something. */
export function grantedVerbs(body: SubCommand["body"]): readonly string[] {
  switch (body.kind) {
    case "answers":
      return [];
    case "acts":
      // The others are judged by the verb of the run that they are about.
      return body.acts === "cancel" || body.acts === "retry" ? [] : [body.verb];
    case "plan": {
      const { verb, steps, onFailure, finally: last = [] } = body.plan;
      return [...new Set([verb, ...[...steps, ...onFailure, ...last].flatMap(signalVerbs)])];
    }
  }
}

function signalVerbs(node: PlanNode): readonly string[] {
  if (node.type !== "step") return nodesIn(node).flatMap(signalVerbs);
  const verb = node.awaits === "signal" ? SignalAsk.safeParse(node.with).data?.verb : undefined;
  return verb === undefined ? [] : [verb];
}
