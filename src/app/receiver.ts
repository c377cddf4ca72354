import type { SlackAccess } from "../config/slack-access.ts";
import type { HttpServer } from "../http/http-server.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import { HttpReceiver } from "../slack/http-receiver.ts";
import type { SlackReceiver } from "../slack/slack-receiver.ts";
import { SocketReceiver } from "../slack/socket-receiver.ts";
import type { Metrics } from "../web/metrics.ts";

export interface ReceiverDeps {
  readonly receive: SlackAccess["receive"];
  readonly apiUrl: string;
  readonly http: Pick<HttpServer, "add">;
  readonly metrics: Pick<Metrics, "refused">;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** How what people do in Slack gets here. Requests are answered as soon as the server listens: with "not now" until the door is open. */
export function createReceiver({ receive, http, metrics, ...deps }: ReceiverDeps): SlackReceiver {
  if (receive.kind === "socket") return new SocketReceiver({ ...deps, appToken: receive.appToken });
  const { signingSecret } = receive;
  const receiver = new HttpReceiver({ ...deps, signingSecret, onRefused: (reason) => metrics.refused(reason) });
  http.add(receiver.route);
  return receiver;
}
