import { systemRandom } from "../../../src/platform/ids.ts";
import { slackDemoWorkspace } from "../../../src/simulator/slack-demo-workspace.ts";
import { SlackWebApi } from "../../../src/simulator/slack-web-api.ts";
import type { SlackWorkspaceDefinition } from "../../../src/simulator/slack-workspace-definition.ts";
import { createSlackWorld, type SlackWorld } from "../../../src/simulator/slack-world.ts";
import { FakeClock } from "../../support/fake-clock.ts";

export const ANA = "U0ANA00001";
export const PRIYA = "U0PRIYA001";
export const BOT = "U0QUARTER1";
export const DEPLOYS = "C0DEPLOYS1";
export const GENERAL = "C0GENERAL1";
export const PAYMENTS = "G0PAYMENT1";

/** A simulated workspace without a server: calls go straight to the Web API, time stands still. */
export function createTestSlack(
  change: {
    readonly definition?: Partial<SlackWorkspaceDefinition>;
    readonly scopes?: (granted: readonly string[]) => readonly string[];
    readonly limited?: boolean;
  } = {},
) {
  const clock = new FakeClock();
  const { app } = slackDemoWorkspace;
  const scopes = change.scopes?.(app.scopes) ?? app.scopes;
  const world: SlackWorld = createSlackWorld({
    clock,
    random: systemRandom,
    definition: { ...slackDemoWorkspace, app: { ...app, scopes }, ...change.definition },
    botToken: "xoxb-demo",
    appToken: "xapp-1-demo",
    rateLimitMultiplier: change.limited === true ? 1 : Infinity,
    baseUrl: () => "http://slack.test",
  });
  const api = new SlackWebApi({ world });
  return {
    clock,
    world,
    api,
    /** The body of the answer to a call with the bot token. */
    call: (method: string, args: Record<string, unknown> = {}, token: string | undefined = "xoxb-demo") =>
      api.call({ method, args, token }).body,
    /** Posts in #deploys and answers the `ts`. */
    post: (args: Record<string, unknown>) => {
      const { body } = api.call({
        method: "chat.postMessage",
        args: { channel: DEPLOYS, ...args },
        token: "xoxb-demo",
      });
      if (typeof body["ts"] !== "string") throw new Error(`not posted: ${JSON.stringify(body)}`);
      return body["ts"];
    },
  };
}

export const section = (text: string) => ({ type: "section", text: { type: "mrkdwn", text } });
