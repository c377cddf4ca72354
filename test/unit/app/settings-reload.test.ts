import { describe, expect, it } from "vitest";

import { LiveSettings, type Settings } from "../../../src/app/live-settings.ts";
import { noteSettingsAtStart, SettingsReload } from "../../../src/app/settings-reload.ts";
import type { Append } from "../../../src/engine/ports.ts";
import { projectRun } from "../../../src/engine/projection.ts";
import { digestOf } from "../../../src/platform/canonical-json.ts";
import { InvalidFileError } from "../../../src/platform/diagnostic.ts";
import { AppError } from "../../../src/platform/errors.ts";
import { systemRandom } from "../../../src/platform/ids.ts";
import { createLogger } from "../../../src/platform/logger.ts";
import { SecretMask } from "../../../src/platform/masking.ts";
import { atEndOfTurn } from "../../../src/platform/turn.ts";
import type { SettingsNotice } from "../../../src/slack/views/settings-notice.ts";
import { openStore, type Store } from "../../../src/store/store.ts";
import { configured, rightConfiguration, rightExcept } from "../../support/configured.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const settings = (
  text = rightConfiguration,
  commands: Readonly<Record<string, string>> = { "promote.yaml": "1" },
): Settings => {
  const configuration = configured(text);
  const sections = Object.fromEntries(Object.entries(configuration).map(([name, value]) => [name, digestOf(value)]));
  return { configuration, commands: [], digests: { configuration: digestOf(text), sections, commands } };
};

class Rig {
  readonly clock = new FakeClock();
  readonly mask = new SecretMask();
  readonly log: { readonly level: string; readonly message: string; readonly [field: string]: unknown }[] = [];
  readonly logger = createLogger({
    level: "info",
    mask: this.mask,
    now: this.clock.now,
    write: (line) => this.log.push(JSON.parse(line)),
  });
  readonly appended: Append[] = [];
  readonly told: { readonly slot: string; readonly notice: SettingsNotice }[] = [];
  readonly live = new LiveSettings(settings());
  /** What stands in the files. */
  files: () => Settings | Promise<Settings> = () => settings();
  append: (change: Append) => Promise<void> = () => Promise.resolve();
  readonly reload = new SettingsReload({
    live: this.live,
    load: async () => this.files(),
    append: async (change) => {
      await this.append(change);
      this.appended.push(change);
    },
    tell: (slot, notice) => this.told.push({ slot, notice }),
    clock: this.clock,
    mask: this.mask,
    logger: this.logger,
  });

  get changes(): readonly unknown[] {
    return this.appended.flatMap(({ events }) =>
      events.map((event) => ("changes" in event ? event["changes"] : event.type)),
    );
  }
}

const broken =
  (...messages: readonly string[]) =>
  (): never => {
    const diagnostics = messages.map((message, index) => ({
      file: "quarterdeck.yaml",
      line: index + 1,
      column: 3,
      message,
    }));
    throw new InvalidFileError("configuration.invalid", diagnostics);
  };

describe("settings that are read again", () => {
  it("count from then on, when they are in the log", async () => {
    const rig = new Rig();
    const seen: string[] = [];
    rig.live.onReplaced(() => seen.push(rig.live.configuration.slack.channel));
    rig.append = () => {
      seen.push("appended");
      return Promise.resolve();
    };
    rig.files = () => settings(rightExcept('"#deploys"', '"#releases"'), { "promote.yaml": "2", "more.yaml": "1" });
    await rig.reload.reload("file");
    expect(seen).toEqual(["appended", "#releases"]);
    expect(rig.appended).toMatchObject([
      {
        stream: "server",
        events: [
          {
            type: "settings.changed",
            trigger: "file",
            changes: ["slack: channel", "command more.yaml added", "command promote.yaml changed"],
            commands: { "promote.yaml": "2", "more.yaml": "1" },
          },
        ],
      },
    ]);
    expect(rig.told).toEqual([]);
  });

  it("say that step kinds of one's own need a restart, once for each change of their files", async () => {
    const rig = new Rig();
    rig.files = () => ({ ...settings(), newerPlugins: ["acme-steps"] });
    await rig.reload.reload("file");
    await rig.reload.reload("file");
    rig.files = () => settings();
    await rig.reload.reload("file");
    expect(rig.changes).toEqual([
      ["files of the step kinds of acme-steps changed"],
      ["files of the step kinds of acme-steps as loaded"],
    ]);
    expect(rig.told.map(({ notice }) => notice)).toEqual([
      { kind: "restart-needed", what: ["the step kinds of acme-steps"] },
    ]);
    expect(rig.live.atNextStart).toEqual([]);
  });

  it("keep the step kinds of the start when `steps` names others", async () => {
    const rig = new Rig();
    rig.files = () => settings(`${rightConfiguration}steps: [./my-steps]\n`);
    await rig.reload.reload("file");
    expect(rig.told.map(({ notice }) => notice)).toEqual([
      { kind: "restart-needed", what: ["the step kinds of your own"] },
    ]);
    expect(rig.live.plugins).toEqual([]);
  });

  it("are nothing new when they say the same", async () => {
    const rig = new Rig();
    await rig.reload.reload("file");
    await rig.reload.reload("signal");
    expect(rig.appended).toEqual([]);
    expect(rig.log.map(({ message }) => message)).toEqual(["settings are as they were"]);
  });

  it("are an event also where only a remark is different", async () => {
    const rig = new Rig();
    rig.files = () => settings(`${rightConfiguration}# remark\n`);
    await rig.reload.reload("file");
    expect(rig.changes).toEqual([["remarks or spelling of the configuration"]]);
  });

  it("do not count with a mistake in them, which is said once with its place, and mended in the same message", async () => {
    const rig = new Rig();
    const before = rig.live.configuration;
    rig.files = broken("slack: there is no key", "roles: is empty");
    await rig.reload.reload("file");
    await rig.reload.reload("file");
    expect(rig.live.configuration).toBe(before);
    expect(rig.appended).toEqual([]);
    expect(rig.log.map(({ level, problem }) => `${level} ${String(problem)}`)).toEqual([
      "error quarterdeck.yaml:1:3: slack: there is no key",
      "error quarterdeck.yaml:2:3: roles: is empty",
    ]);
    rig.files = broken("roles: is empty");
    await rig.reload.reload("file");
    rig.files = () => settings();
    await rig.reload.reload("file");
    expect(rig.told.map(({ notice }) => notice)).toEqual([
      {
        kind: "refused",
        problems: ["quarterdeck.yaml:1:3: slack: there is no key", "quarterdeck.yaml:2:3: roles: is empty"],
      },
      { kind: "refused", problems: ["quarterdeck.yaml:1:3: roles: is empty"] },
      { kind: "mended" },
    ]);
    expect(new Set(rig.told.map(({ slot }) => slot)).size).toBe(1);
  });

  it("list the mistakes of command files one by one, and hide secrets in them", async () => {
    const rig = new Rig();
    rig.mask.add("xoxb-1234567890");
    const problems = ["commands/a.yaml:1:1: first", 'commands/b.yaml:2:2: "xoxb-1234567890" is no name'];
    rig.files = () => {
      throw new AppError("two\nlines", { code: "commands.invalid", details: { problems } });
    };
    await rig.reload.reload("file");
    expect(rig.told[0]?.notice).toEqual({
      kind: "refused",
      problems: ["commands/a.yaml:1:1: first", 'commands/b.yaml:2:2: "«secret»" is no name'],
    });
  });

  it("stay as they were when the log takes nothing, and are tried again by themselves", async () => {
    const rig = new Rig();
    rig.files = () => settings(rightExcept('"#deploys"', '"#releases"'));
    rig.append = () => Promise.reject(new AppError("the disk is full", { code: "store.full" }));
    await rig.reload.reload("file");
    expect(rig.live.configuration.slack.channel).toBe("#deploys");
    expect(rig.told[0]?.notice).toEqual({ kind: "refused", problems: ["the disk is full"] });
    rig.append = () => Promise.resolve();
    await rig.clock.advance(30_000);
    expect(rig.live.configuration.slack.channel).toBe("#releases");
  });

  it("say what waits for the next start, once, and take over the rest", async () => {
    const rig = new Rig();
    const text = rightExcept("https://argocd.example.com", "https://other.example.com");
    rig.files = () => settings(text);
    await rig.reload.reload("file");
    rig.files = () => settings(text.replace('"#deploys"', '"#releases"'));
    await rig.reload.reload("file");
    expect(rig.live.configuration).toMatchObject({
      slack: { channel: "#releases" },
      argocd: [{ url: "https://argocd.example.com" }],
    });
    expect(rig.told.map(({ notice }) => notice)).toEqual([{ kind: "restart-needed", what: ["the Argo CD servers"] }]);
  });

  it("are read one time after the other, and not any more after the end", async () => {
    const rig = new Rig();
    let reading = 0;
    let most = 0;
    rig.files = async () => {
      reading += 1;
      most = Math.max(most, reading);
      await rig.clock.sleep(0).catch(() => undefined);
      reading -= 1;
      return settings();
    };
    const all = [rig.reload.reload("file"), rig.reload.reload("file"), rig.reload.reload("signal")];
    for (let turn = 0; turn < 3; turn += 1) await rig.clock.advance(1);
    await Promise.all(all);
    expect(most).toBe(1);
    await rig.reload[Symbol.asyncDispose]();
    rig.files = () => settings(rightExcept('"#deploys"', '"#releases"'));
    await rig.reload.reload("file");
    expect(rig.appended).toEqual([]);
  });
});

describe("the settings of a start", () => {
  const open = (): Promise<Store> =>
    openStore({
      dataFolder: ":memory:",
      address: "test",
      clock: new FakeClock(),
      random: systemRandom,
      atEndOfTurn,
      projector: projectRun,
    });

  it("are noted when the log knows none, or others", async () => {
    await using store = await open();
    const { clock, logger } = new Rig();
    const start = (now: Settings): Promise<void> =>
      noteSettingsAtStart({ live: new LiveSettings(now), store, clock, logger });
    await start(settings());
    await start(settings());
    await start(settings(rightExcept('"#deploys"', '"#releases"'), { "sync.yaml": "1" }));
    const ofPlugin = (digest: string): Settings => {
      const changed = settings(rightExcept('"#deploys"', '"#releases"'), { "sync.yaml": "1" });
      return { ...changed, digests: { ...changed.digests, steps: { "acme-steps": digest } } };
    };
    await start(ofPlugin("1.0.0 aaaa"));
    await start(ofPlugin("1.1.0 bbbb"));
    const rows = store.log.stream("server").map(({ type, payload }) => ({ type, ...JSON.parse(payload ?? "") }));
    expect(rows).toMatchObject([
      { type: "settings.changed", trigger: "start", changes: ["first start with this log"] },
      { trigger: "start", changes: ["slack changed", "command promote.yaml removed", "command sync.yaml added"] },
      { trigger: "start", changes: ["step kinds of acme-steps added"] },
      { trigger: "start", changes: ["step kinds of acme-steps changed"], steps: { "acme-steps": "1.1.0 bbbb" } },
    ]);
  });
});
