import { slackAlert } from "../../../src/steps/slack-alert.ts";
import type { ActionScene } from "../step-kind.contract.ts";

/** The message follows from the run's state, so that nothing is left for the step itself to do. */
export async function alertScene(): Promise<ActionScene> {
  return { kind: slackAlert, input: {} };
}
