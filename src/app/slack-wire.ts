import type { Environment } from "../config/environment.ts";
import { requireSlackAccess } from "../config/slack-access.ts";
import type { SecretMask } from "../platform/masking.ts";
import { postAnswer, type PostAnswer } from "../slack/post-answer.ts";
import { createSlackClients } from "../slack/slack-clients.ts";
import type { LiveSettings } from "./live-settings.ts";
import type { SlackWire } from "./outside.ts";
import { createReceiver, type ReceiverDeps } from "./receiver.ts";
import type { Metrics } from "../web/metrics.ts";

interface Deps extends Omit<ReceiverDeps, "receive" | "apiUrl"> {
  readonly environment: Environment;
  readonly live: Pick<LiveSettings, "configuration">;
  readonly metrics: Pick<Metrics, "called" | "refused">;
  readonly mask: SecretMask;
}

/** The ways to and from Slack that the environment and the configuration name. Throws `environment.missing`. */
export function openSlackWire(deps: Deps): SlackWire {
  const { environment, live, metrics, logger, mask } = deps;
  const { slackApiUrl: apiUrl } = environment;
  const { botToken, receive } = requireSlackAccess(environment, live.configuration.slack.receive);
  const clients = createSlackClients({ botToken, apiUrl, logger, mask, onCall: (call) => metrics.called(call) });
  const post: PostAnswer = (url, body, signal) => postAnswer(url, mask.deep(body), signal);
  return { botToken, apiUrl, clients, post, receiver: createReceiver({ ...deps, receive, apiUrl }) };
}
