import { sep } from "node:path";

import type { Environment } from "../config/environment.ts";
import type { Clock } from "../platform/clock.ts";
import { FileWatch, signatureOf } from "../platform/file-watch.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import { renderSettingsNotice } from "../slack/views/settings-notice.ts";
import type { Store } from "../store/store.ts";
import type { LoadedPlugin } from "../steps/plugins/plugin-kinds.ts";
import { LiveSettings, loadSettings, type Settings } from "./live-settings.ts";
import { SettingsReload } from "./settings-reload.ts";
import type { Slack } from "./slack.ts";

interface ReloadDeps {
  readonly live: LiveSettings;
  readonly load: () => Promise<Settings>;
  readonly store: Pick<Store, "events">;
  readonly slack: Pick<Slack, "announce">;
  readonly clock: Clock;
  readonly mask: SecretMask;
  readonly logger: Logger;
}

/** The settings of a start, and by what it is known later whether their files have changed since. */
interface OpenedSettings {
  readonly live: LiveSettings;
  readonly load: () => Promise<Settings>;
  readonly files: string;
}

interface WatchDeps {
  readonly environment: Environment;
  readonly live: Pick<LiveSettings, "plugins">;
  readonly files: string;
  readonly reload: SettingsReload;
  readonly clock: Clock;
}

/** Reads the settings for a start. Throws what is wrong with them. */
export async function openSettings(environment: Environment): Promise<OpenedSettings> {
  const files = await signatureOf(pathsOf(environment));
  const settings = await loadSettings(environment);
  const { plugins = [] } = settings;
  const load = (): Promise<Settings> => loadSettings(environment, plugins);
  const ofPlugins = plugins.length === 0 ? [] : [await signatureOf(pluginPaths(plugins))];
  return { files: [files, ...ofPlugins].join("\n"), load, live: new LiveSettings(settings) };
}

function pathsOf({ configurationFile, commandsFolder }: Environment): readonly string[] {
  return [configurationFile, commandsFolder];
}

function pluginPaths(plugins: readonly LoadedPlugin[]): readonly string[] {
  return plugins.flatMap(({ root, modules }) => [root, ...modules.filter((file) => file.startsWith(`${root}${sep}`))]);
}

/** Takes over what the settings say whenever it is asked to. */
export function openReload(deps: ReloadDeps, resources: AsyncDisposableStack): SettingsReload {
  const { live, load, store, slack, clock, mask, logger } = deps;
  return resources.use(
    new SettingsReload({
      live,
      load,
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
}

/** Keeps the settings as their files say, from here on and until `resources` are disposed. */
export async function watchSettings(deps: WatchDeps, resources: AsyncDisposableStack): Promise<void> {
  const { files, environment, live, reload, clock } = deps;
  const onChanged = (): void => void reload.reload("file");
  const paths = [...pathsOf(environment), ...pluginPaths(live.plugins)];
  const watch = resources.use(new FileWatch({ paths, clock, onChanged }));
  await watch.start(files);
}
