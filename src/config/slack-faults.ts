import type { Configuration } from "./configuration.ts";
import type { Fault } from "./fault.ts";

/** What is wrong with the Slack settings, taken together. */
export function slackFaults({ slack }: Configuration): readonly Fault[] {
  const { promote, main } = slack.commands;
  if (promote !== main) return [];
  const message = `${main} is the name of the promote command already; the two need different names`;
  return [{ path: ["slack", "commands", "main"], part: "value", message }];
}
