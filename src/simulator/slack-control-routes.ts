import { AppError, errorCode, errorText } from "../platform/errors.ts";
import { ZodError, prettifyError } from "zod";

import type { SlackControl } from "./slack-control.ts";
import { isJson, replyJson, type SlackExchange, tryJson } from "./slack-http.ts";
import { wireView } from "./slack-wire.ts";
import type { SlackWorld } from "./slack-world.ts";

const NO_CONTROL = "slack-simulator.no-control";

/** `/_control/`: what other processes may make the simulator do, and what they may look at. */
export class SlackControlRoutes {
  readonly #world: SlackWorld;
  readonly #controls: Readonly<Record<string, SlackControl>>;

  constructor(deps: { readonly world: SlackWorld; readonly controls: Readonly<Record<string, SlackControl>> }) {
    this.#world = deps.world;
    this.#controls = deps.controls;
  }

  get names(): readonly string[] {
    return Object.keys(this.#controls);
  }

  /** Answers the request; false when the path is not below `/_control/`. */
  async handle(exchange: SlackExchange): Promise<boolean> {
    const [, root, name = ""] = exchange.url.pathname.split("/");
    if (root !== "_control") return false;
    try {
      const looked = exchange.request.method === "GET";
      replyJson(
        exchange.response,
        looked ? this.#look(name, exchange.url.searchParams) : await this.#run(name, exchange),
      );
    } catch (thrown) {
      const error = thrown instanceof ZodError ? prettifyError(thrown) : errorText(thrown);
      const code = errorCode(thrown);
      replyJson(exchange.response, { code, error }, code === NO_CONTROL ? 404 : 400);
    }
    return true;
  }

  #look(name: string, query: URLSearchParams): unknown {
    const { journal, messages, workspace, views } = this.#world;
    switch (name) {
      case "calls":
        return journal.calls(query.get("method") ?? undefined);
      case "deliveries":
        return journal.deliveries(query.get("type") ?? undefined);
      case "messages": {
        const { id } = workspace.requireChannel(query.get("channel") ?? "");
        const user = query.get("user");
        return user === null ? messages.all(id) : messages.seenBy(user, id);
      }
      case "views": {
        const user = query.get("user") ?? "";
        const home = views.home(user);
        return {
          modals: views.stack(user).map((view) => wireView(view, this.#world)),
          home: home === undefined ? null : wireView(home, this.#world),
        };
      }
      case "workspace":
        return {
          team: workspace.team,
          app: workspace.app,
          users: workspace.users(),
          groups: workspace.groups(),
          channels: workspace.channels(),
        };
      default:
        throw new AppError(`There is nothing to look at called ${name}`, { code: NO_CONTROL });
    }
  }

  async #run(name: string, exchange: SlackExchange): Promise<unknown> {
    const control = Object.hasOwn(this.#controls, name) ? this.#controls[name] : undefined;
    // Only JSON: a page of another site cannot send that without asking, so it cannot press buttons here.
    if (control === undefined || !isJson(exchange.request)) {
      throw new AppError(`There is no control ${name} for this content type`, { code: NO_CONTROL });
    }
    return control.run(tryJson(exchange.body.toString("utf8")));
  }
}
