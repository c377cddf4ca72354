import { slackFile } from "../../../src/steps/slack/slack-file.ts";
import { slackMessage } from "../../../src/steps/slack/slack-message.ts";
import type { ActionScene } from "../step-kind.contract.ts";

/** What is shown follows from the run's state, so that nothing is left for the steps themselves to do. */
export async function messageScene(): Promise<ActionScene> {
  return { kind: slackMessage, input: { text: "checkout is live" } };
}

export async function fileScene(): Promise<ActionScene> {
  const file = { digest: "a".repeat(64), bytes: 10, name: "report.json", mediaType: "text/plain", sealed: false };
  return { kind: slackFile, input: { file } };
}
