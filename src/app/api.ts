import { apiRoute } from "../api/api-route.ts";
import type { RunFeed } from "../api/run-feed.ts";
import { TokenDesk } from "../api/token-desk.ts";
import { TOKENS_STREAM } from "../api/token-facts.ts";
import type { ArgocdServer } from "../argocd/argocd-server.ts";
import type { Environment } from "../config/environment.ts";
import type { Artifacts } from "../engine/artifacts.ts";
import type { MachineDoor } from "../engine/machine-door.ts";
import type { Routes } from "../http/masked-routes.ts";
import { isSameAsk } from "../intake/same-ask.ts";
import { storedEvent } from "../store/log-reader.ts";
import { fileAnswer } from "../web/file-answer.ts";
import type { Metrics } from "../web/metrics.ts";
import { apiQuestions, type QuestionParts } from "./api-questions.ts";
import { namesOf } from "./names-of.ts";
import type { Outside } from "./outside.ts";
import type { Slack } from "./slack.ts";
import { pageLinks } from "./web.ts";

interface Deps
  extends
    Pick<Outside, "live" | "store" | "secret" | "mask" | "clock" | "random" | "logger">,
    Omit<QuestionParts, "slack"> {
  readonly environment: Pick<Environment, "dataFolder" | "publicUrl">;
  readonly http: Routes;
  readonly servers: ReadonlyMap<string, ArgocdServer>;
  readonly slack: Slack;
  readonly machines: MachineDoor;
  readonly artifacts: Pick<Artifacts, "read">;
  readonly metrics: Pick<Metrics, "apiRefused">;
  readonly feed: RunFeed;
}

/** Opens the API; resolves when the tokens that there are count. Until `open` is called everybody is told to come back. */
export async function openApi(deps: Deps, resources: AsyncDisposableStack): Promise<{ open(): void }> {
  const { environment, http, live, store, secret, engine, mask, machines, clock, random, logger } = deps;
  const tokens = resources.use(openTokens(deps));
  await tokens.start();
  let isOpen = false;
  const route = apiRoute({
    tokens,
    machines,
    isSameAsk: (key, ask) => isSameAsk(store.events.intentBody(key), ask, mask),
    commands: () => live.commands,
    view: (run) => engine.runs.view(run),
    events: store.events,
    feed: deps.feed,
    names: (pseudonyms) => namesOf(deps, pseudonyms),
    ...apiQuestions(deps),
    fileOf: async (artifact) => fileAnswer(artifact, await deps.artifacts.read(artifact)),
    pageOf: pageLinks({ publicUrl: environment.publicUrl, secret, clock }),
    isOpen: () => isOpen,
    onRefused: (reason) => deps.metrics.apiRefused(reason),
    clock,
    random,
    logger,
  });
  http.add(route);
  // Without its slash it is no beginning of anything.
  http.add({ ...route, path: "/api" });
  // Whoever asks while the server stops comes back to the next one.
  resources.defer(() => {
    isOpen = false;
  });
  const open = (): void => {
    isOpen = true;
  };
  return { open };
}

/** What is told of runs goes to those who follow them as well. */
export function alsoTo(feed: RunFeed, metrics: Outside["metrics"]): Pick<Outside, "metrics" | "onChanged"> {
  return {
    metrics: {
      recorded: (state, events) => {
        metrics.recorded(state, events);
        feed.recorded(state.id, events, state.version);
      },
    },
    onChanged: (run) => feed.changed(run),
  };
}

function openTokens({ environment, store, slack, clock, logger }: Deps): TokenDesk {
  return new TokenDesk({
    folder: environment.dataFolder,
    facts: () => store.log.stream(TOKENS_STREAM).flatMap((row) => (row.payload === null ? [] : [storedEvent(row)])),
    append: (change) => store.events.append(change),
    pseudonymOf: (user) => slack.team && store.people.pseudonymOf(slack.team, user),
    clock,
    logger,
  });
}
