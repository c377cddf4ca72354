import { App } from "@slack/bolt";

import { errorText } from "../platform/errors.ts";
import type { HomeTab } from "./home-tab.ts";
import { handleHomeOpened } from "./listeners/home-opened.ts";
import { handleOptions } from "./listeners/command-form.ts";
import { handleForm } from "./listeners/form.ts";
import { handleClick } from "./listeners/click.ts";
import type { ListenerDeps, PrivateAnswer } from "./listeners/listener.ts";
import { handleSlashCommand } from "./listeners/slash-command.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { apiOptions } from "./slack-clients.ts";
import type { SlackReceiver } from "./slack-receiver.ts";

export interface SlackAppDeps extends ListenerDeps {
  readonly botToken: string;
  readonly receiver: SlackReceiver;
  readonly home: Pick<HomeTab, "opened">;
  readonly apiUrl: string | undefined;
}

const DRAIN_MS = 3000;

/** Bolt behind either receiver: hands every payload to its listener, and knows when all that has arrived has been dealt with. */
export class SlackApp implements AsyncDisposable {
  readonly #deps: SlackAppDeps;
  readonly #app: App;
  readonly #handling = new Set<Promise<void>>();

  constructor(deps: SlackAppDeps) {
    this.#deps = deps;
    this.#app = new App({
      receiver: deps.receiver,
      // Bolt remembers one failed check of the token for ever; the token is checked by whoever uses it.
      authorize: () => Promise.resolve({ botToken: deps.botToken }),
      ignoreSelf: false,
      clientOptions: { ...apiOptions(deps.apiUrl), retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
      convoStore: false,
      deferInitialization: true,
      logger: sdkLogger(deps.logger),
    });
    this.#listen();
  }

  /** How many ways in stand open. */
  get connected(): number {
    return this.#deps.receiver.connected;
  }

  /** Resolves when what people do can arrive, or cannot for a reason that passes; throws `slack.app-token-refused`. */
  async start(): Promise<void> {
    await this.#app.init();
    await this.#app.start();
  }

  /** Lets what has arrived be recorded and acknowledged, then closes the connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    const late = Promise.withResolvers<void>();
    const timer = this.#deps.clock.setTimer(DRAIN_MS, () => late.resolve());
    await Promise.race([Promise.all(this.#handling), late.promise]);
    timer.cancel();
    await this.#app.stop();
  }

  #listen(): void {
    const deps = this.#deps;
    this.#app.command(/^/u, ({ body, ack }) => {
      const reply = (answer?: PrivateAnswer): Promise<void> => ack(answer && { ...answer, blocks: [...answer.blocks] });
      return this.#track(handleSlashCommand(deps, body, reply));
    });
    this.#app.action(/^/u, ({ body, ack }) => this.#track(handleClick(deps, body, () => ack())));
    this.#app.options(/^/u, ({ body, ack }) => this.#track(handleOptions(deps, body, (offered) => ack(offered))));
    this.#app.view({ callback_id: /^/u, type: "view_submission" }, ({ body, ack }) => {
      return this.#track(handleForm(deps, body, (errors) => ack(errors)));
    });
    this.#app.event("app_home_opened", ({ body }) => this.#track(handleHomeOpened(deps.home, body)));
    this.#app.error((error) => {
      this.#deps.logger.error("a listener for Slack failed", { error: errorText(error) });
      return Promise.resolve();
    });
  }

  async #track(handling: Promise<void>): Promise<void> {
    this.#handling.add(handling);
    try {
      await handling;
    } finally {
      this.#handling.delete(handling);
    }
  }
}
