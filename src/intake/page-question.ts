import { type Answer, notice } from "../engine/answer.ts";
import { commandText } from "../commands/command-text.ts";
import { textOf, typedValues } from "./command-values.ts";
import { namedRun } from "./named-run.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";

/** A link of one's own to the page of a run. */
export function pageAnswer(deps: QuestionDeps, { command, values }: Pick<QuestionAsk, "command" | "values">): Answer {
  const input = command.inputs.find(({ definition }) => definition.type === "run");
  const retyped = (run: string): string =>
    commandText(command, { ...typedValues(command, values), [input?.name ?? ""]: run });
  const named = namedRun(deps.events, { text: textOf(command, values, "run"), retyped });
  if (named.kind === "refused") return named.answer;
  const { id, title } = named.value;
  const page = deps.pageOf(id);
  if (page !== undefined) return { kind: "page", run: id, title, ...page };
  return notice(
    "page.no-address",
    "This server has no address that people can open, so there are no pages. Whoever runs it sets QUARTERDECK_PUBLIC_URL.",
  );
}
