import type { Command } from "../commands/command.ts";
import type { Artifact } from "../domain/artifact.ts";
import type { RunView } from "../domain/run-view.ts";
import type { Answer } from "../engine/answer.ts";
import type { MachineAsk, MachineDoor } from "../engine/machine-door.ts";
import type { EventStore } from "../engine/ports.ts";
import type { HttpAnswer } from "../http/http-route.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { RunFeed } from "./run-feed.ts";
import type { TokenDesk } from "./token-desk.ts";

/** What was asked about; an empty text means all. */
export interface HistoryAsk {
  readonly service: string;
  readonly environment: string;
  /** A Slack user. */
  readonly by: string;
}

/** What the API is answered from. */
export interface ApiDeps {
  readonly tokens: Pick<TokenDesk, "find" | "isGoodFor">;
  readonly machines: MachineDoor;
  /** What was asked under a key that is on record: false where that was something else. */
  readonly isSameAsk: (key: string, ask: MachineAsk) => boolean;
  readonly commands: () => readonly Command[];
  /** Throws `run.unknown`. */
  readonly view: (run: string) => RunView;
  readonly events: Pick<EventStore, "readRun" | "listRuns" | "findRuns">;
  readonly feed: RunFeed;
  /** What people are called, by pseudonym; whom nobody knows is called something as well. Never rejects. */
  readonly names: (pseudonyms: ReadonlySet<string>) => Promise<ReadonlyMap<string, string>>;
  /** What is live where; `revision` is empty where none was asked about. */
  readonly where: (ask: { readonly service: string; readonly revision: string }) => Promise<Answer>;
  readonly history: (ask: HistoryAsk) => Answer;
  /** Why there is no such service or environment now; undefined where there is. An empty text names none. */
  readonly stranger: (asked: Pick<HistoryAsk, "service" | "environment">) => Answer | undefined;
  /** Throws `artifact.missing` and `artifact.damaged`. */
  readonly fileOf: (artifact: Artifact) => Promise<HttpAnswer>;
  /** A link to the page of a run; undefined where people cannot reach this server. */
  readonly pageOf: (run: string) => { readonly url: string } | undefined;
  /** False while the server is not ready for anything: whoever asks is told to come back. */
  readonly isOpen: () => boolean;
  /** Told of each request that was not believed, or not let. */
  readonly onRefused: (reason: ApiRefusal) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** Why a request was not believed, or its token may not do that. */
export type ApiRefusal = "no-token" | "unknown-token" | "expired-token" | "scope";
