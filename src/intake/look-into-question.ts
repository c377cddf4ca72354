import type { Answers } from "../commands/command-file.ts";
import type { Answer } from "../engine/answer.ts";
import { diffAnswer } from "./diff-question.ts";
import { planAnswer } from "./plan-question.ts";
import type { QuestionAsk, QuestionDeps } from "./question-ask.ts";
import { whereAnswer } from "./where-question.ts";
import { whoAnswer } from "./who-question.ts";

/** Answers a question for which Argo CD, Git or Slack may have to be asked. */
export async function lookIntoQuestion(deps: QuestionDeps, answers: Answers, ask: QuestionAsk): Promise<Answer> {
  switch (answers) {
    case "where":
      return await whereAnswer(deps, ask);
    case "who":
      return await whoAnswer(deps, ask);
    case "diff":
      return await diffAnswer(deps, ask);
    case "plan":
      return await planAnswer(deps, ask);
    case "status":
    case "history":
    case "help":
    case "queue":
    case "page":
    case "triggers":
      throw new TypeError(`"${answers}" is answered at once`);
  }
}
