import type { Environment } from "../config/environment.ts";
import type { Clock } from "../platform/clock.ts";
import { FileWatch, signatureOf } from "../platform/file-watch.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { renderSettingsNotice } from "../slack/views/settings-notice.ts";
import type { Store } from "../store/store.ts";
import { LiveSettings, loadSettings } from "./live-settings.ts";
import { noteSettingsAtStart, SettingsReload } from "./settings-reload.ts";
import type { Slack } from "./slack.ts";

interface Deps extends OpenedSettings {
  readonly environment: Environment;
  readonly store: Pick<Store, "log" | "events">;
  readonly slack: Pick<Slack, "announce">;
  readonly clock: Clock;
  readonly mask: SecretMask;
  readonly logger: Logger;
}

/** The settings of a start, and by what it is known later whether their files have changed since. */
interface OpenedSettings {
  readonly live: LiveSettings;
  readonly files: string;
}

/** Reads the settings for a start. Throws what is wrong with them. */
export async function openSettings(environment: Environment): Promise<OpenedSettings> {
  const files = await signatureOf(pathsOf(environment));
  return { files, live: new LiveSettings(await loadSettings(environment)) };
}

function pathsOf({ configurationFile, commandsFolder }: Environment): readonly string[] {
  return [configurationFile, commandsFolder];
}

/** Keeps the settings as their files say, from here on and until `resources` are disposed. */
export async function watchSettings(deps: Deps, resources: AsyncDisposableStack): Promise<SettingsReload> {
  const { live, files, environment, store, slack, clock, mask, logger } = deps;
  await noteSettingsAtStart({ live, store, clock, logger });
  const reload = resources.use(
    new SettingsReload({
      live,
      load: () => loadSettings(environment),
      append: (change) => store.events.append(change),
      tell: (slot, notice) => {
        const { alerts, channel } = live.configuration.slack;
        const content = renderSettingsNotice(notice);
        slack.announce({ slot, channel: alerts?.channel ?? channel, content });
      },
      clock,
      mask,
      logger,
    }),
  );
  const watch = new FileWatch({
    paths: pathsOf(environment),
    clock,
    onChanged: () => void reload.reload("file"),
  });
  resources.use(watch);
  await watch.start(files);
  return reload;
}
