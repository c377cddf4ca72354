import { WebClient, type WebClientOptions } from "@slack/web-api";

import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { type SlackCall, watchedClient } from "./watched-client.ts";

/** What is needed of the SDK's client. */
export interface SlackClient {
  apiCall(method: string, options?: Record<string, unknown>): Promise<unknown>;
}

/**
 * One SDK client for each manner of calling: the SDK pauses a whole client for one 429 and repeats calls by itself, so none
 * of them shares its queue with another, and those that post never repeat anything.
 */
export interface SlackClients {
  /** Answers to a click or a command that cannot wait: views.open, chat.postEphemeral. */
  readonly trigger: SlackClient;
  /** The outbox alone: chat.postMessage, chat.update, and reading to find a message. */
  readonly outbox: SlackClient;
  /** What people do not wait for: the Home tabs, by views.publish, and files. */
  readonly home: SlackClient;
  /** Who people are: users.info, usergroups.users.list, auth.test. */
  readonly directory: SlackClient;
}

export interface SlackClientsOptions {
  readonly botToken: string;
  /** Slack's own, or that of a simulator. */
  readonly apiUrl: string | undefined;
  readonly logger: Logger;
  /** Hides secrets in everything that is sent. */
  readonly mask?: Pick<SecretMask, "deep"> | undefined;
  /** Told of every call. */
  readonly onCall?: ((call: SlackCall) => void) | undefined;
}

export function createSlackClients({ botToken, apiUrl, logger, mask, onCall }: SlackClientsOptions): SlackClients {
  const common = (): WebClientOptions => ({
    rejectRateLimitedCalls: true,
    allowAbsoluteUrls: false,
    logger: sdkLogger(logger),
    ...apiOptions(apiUrl),
  });
  const create = (options: WebClientOptions): SlackClient => {
    const sdk = new WebClient(botToken, { ...common(), ...options });
    const client: SlackClient = { apiCall: (method, args) => sdk.apiCall(method, mask?.deep(args) ?? args) };
    return onCall === undefined ? client : watchedClient(client, onCall);
  };
  return {
    trigger: create({ retryConfig: { retries: 0 }, timeout: 2500 }),
    outbox: create({
      retryConfig: { retries: 0 },
      timeout: 10_000,
      maxRequestConcurrency: 8,
    }),
    home: create({
      retryConfig: { retries: 0 },
      timeout: 10_000,
      maxRequestConcurrency: 2,
    }),
    directory: create({
      retryConfig: { retries: 2, minTimeout: 250, maxTimeout: 2000 },
      timeout: 5000,
    }),
  };
}

/** The address of the Web API as SDK options; it has to be given to every client and receiver separately. */
export function apiOptions(apiUrl: string | undefined): Pick<WebClientOptions, "slackApiUrl"> {
  if (apiUrl === undefined) return {};
  return { slackApiUrl: apiUrl.endsWith("/") ? apiUrl : `${apiUrl}/` };
}
