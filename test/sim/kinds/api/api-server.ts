import { apiRoute } from "../../../../src/api/api-route.ts";
import { RunFeed } from "../../../../src/api/run-feed.ts";
import { TokenDesk } from "../../../../src/api/token-desk.ts";
import { TOKENS_STREAM } from "../../../../src/api/token-facts.ts";
import { notice } from "../../../../src/engine/answer.ts";
import type { HttpAnswer, HttpHead, HttpRoute } from "../../../../src/http/http-route.ts";
import { isSameAsk } from "../../../../src/intake/same-ask.ts";
import { AppError } from "../../../../src/platform/errors.ts";
import type { Random } from "../../../../src/platform/ids.ts";
import { silentLogger } from "../../../../src/platform/logger.ts";
import { SecretMask } from "../../../../src/platform/masking.ts";
import { storedEvent } from "../../../../src/store/log-reader.ts";
import type { IntakeRig } from "../../../support/intake-rig.ts";
import type { Dice } from "../../dice.ts";
import { LookClock } from "./look-clock.ts";

interface Deps {
  readonly rig: IntakeRig;
  /** Where the file of tokens is. */
  readonly folder: string;
  readonly random: Random;
  readonly dice: Dice;
}

/** The API of one process, behind which everything is real but the network. Dead with the process, whatever its code still does. */
export class ApiServer {
  readonly feed: RunFeed;
  /** Resolves when the process is gone. */
  readonly died: Promise<void>;
  readonly clock: LookClock;
  readonly #route: HttpRoute;
  readonly #tokens: TokenDesk;
  #isDead = false;
  #isOpen = false;
  #die: () => void = () => undefined;

  private constructor({ rig, folder, random, dice }: Deps) {
    this.died = new Promise((resolve) => {
      this.#die = resolve;
    });
    this.feed = new RunFeed({ clock: rig.clock });
    this.clock = new LookClock(rig.clock);
    const { store, events, runs } = rig;
    this.#tokens = new TokenDesk({
      folder,
      facts: () => store.log.stream(TOKENS_STREAM).map(storedEvent),
      append: (change) => events.append(change),
      pseudonymOf: (user) => rig.team && store.people.pseudonymOf(rig.team, user),
      clock: this.clock,
      logger: silentLogger,
    });
    const mask = new SecretMask();
    const slow = dice.fork("names");
    this.#route = apiRoute({
      tokens: this.#tokens,
      machines: rig.machines,
      isSameAsk: (key, ask) => isSameAsk(events.intentBody(key), ask, mask),
      commands: () => rig.commands,
      view: (run) => runs.view(run),
      events,
      feed: this.feed,
      names: async (pseudonyms) => {
        // Slack is asked for them.
        if (slow.chance(0.4)) await rig.clock.sleep(300);
        return new Map(Array.from(pseudonyms, (each) => [each, each]));
      },
      where: () => Promise.resolve(notice("input.service", "Nobody asks that here.")),
      history: () => notice("input.service", "Nobody asks that here."),
      stranger: () => undefined,
      fileOf: () => Promise.reject(new AppError("There are no files here.", { code: "artifact.missing" })),
      pageOf: () => undefined,
      isOpen: () => this.#isOpen,
      onRefused: () => undefined,
      clock: rig.clock,
      random,
      logger: silentLogger,
    });
  }

  /** Starts it for the process that lives now; it answers nothing else than that it is starting until the tokens count. */
  static async start(deps: Deps): Promise<ApiServer> {
    const server = new ApiServer(deps);
    await server.#tokens.start();
    server.#isOpen = true;
    return server;
  }

  get isDead(): boolean {
    return this.#isDead;
  }

  /** What is answered before there is a body; undefined where it is wanted. */
  admit(head: HttpHead): HttpAnswer | undefined {
    return this.#route.admit?.(head);
  }

  /** Undefined where the process dies first. */
  async answer(head: HttpHead, body: Buffer): Promise<HttpAnswer | undefined> {
    const answered = Promise.resolve(this.#route.answer({ ...head, body })).catch((error: unknown) => {
      if (this.#isDead) return undefined;
      throw error;
    });
    const answer = await Promise.race([answered, this.died]);
    return this.#isDead ? undefined : (answer ?? undefined);
  }

  kill(): void {
    this.#isDead = true;
    this.#isOpen = false;
    this.clock.stop();
    this.#die();
  }
}
