import type { SlackMessage } from "../../src/simulator/slack-messages.ts";
import { DEPLOYS } from "./app-rig.ts";
import { BadDay, words } from "./bad-day.ts";

type Pods = "crashing" | "degraded" | "ready";

/** The whole application, watching: applications are made ill outside of runs, and the alerts are read. */
export class WatchDay {
  readonly day: BadDay;

  private constructor(day: BadDay) {
    this.day = day;
  }

  /** Resolves when every application of the demo has been looked at. */
  static async open(more = ""): Promise<WatchDay> {
    const watch = new WatchDay(
      await BadDay.open({ configure: (text) => `${text}\nwatch: { flap: 10m, storm: 4, apps: all }\n${more}` }),
    );
    await watch.seen(7);
    return watch;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.day[Symbol.asyncDispose]();
  }

  async seen(count: number): Promise<void> {
    const look = (): number => this.facts("apps.seen").flatMap(({ apps }) => (Array.isArray(apps) ? apps : [])).length;
    await this.day.until(`${count} applications to be looked at`, () => look() >= count);
  }

  /** The facts of one type about incidents, oldest first. */
  facts(type: string): readonly Readonly<Record<string, unknown>>[] {
    const rows = this.day.rig.application.store.log.stream("incidents").filter((row) => row.type === type);
    return rows.map(({ payload }): Readonly<Record<string, unknown>> => JSON.parse(payload ?? "{}"));
  }

  async pods(state: Pods, ...applications: readonly string[]): Promise<void> {
    for (const application of applications) await this.day.argocd.control({ action: "set-pods", application, state });
  }

  /** What everybody sees in the channel, oldest first. */
  get messages(): readonly SlackMessage[] {
    return this.day.rig.world.slack.world.messages.all(DEPLOYS).filter(({ viewer }) => viewer === undefined);
  }

  /** The only message that says so. */
  async message(says: RegExp): Promise<SlackMessage> {
    const found = await this.day.until(`a message that says ${String(says)}`, () => {
      const fitting = this.messages.filter((message) => says.test(words(message)));
      return fitting.length > 0 && fitting;
    });
    const [only, ...others] = found;
    if (only === undefined || others.length > 0) throw new Error(`${found.length} messages say ${String(says)}`);
    return only;
  }

  /** A stop and a start, with whatever happens in between. */
  async restart(between: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await this.day.rig.stop();
    await between();
    await this.day.rig.start();
  }
}
