import { join } from "node:path";

import { anchorKeyOf } from "../audit/anchor-key.ts";
import { Anchoring } from "../audit/anchoring.ts";
import type { AnchorTarget } from "../audit/anchor-target.ts";
import { FolderTarget } from "../audit/folder-target.ts";
import { UploadTarget } from "../audit/upload-target.ts";
import type { Configuration } from "../config/configuration.ts";
import type { Environment } from "../config/environment.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { repositoryRules } from "./git-access.ts";
import { GitAnchorTarget } from "./git-anchor-target.ts";
import type { Outside } from "./outside.ts";
import { SlackAnchorTarget } from "./slack-anchor-target.ts";
import type { Slack } from "./slack.ts";

export type AnchorSettings = NonNullable<Configuration["audit"]["anchors"]>["targets"][number];

interface OutsideDeps {
  readonly configuration: Configuration;
  readonly environment: Environment;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly random: Random;
}

export const ANCHOR_BRANCH = "quarterdeck-anchors";

/** Opens what anchors one entry of the configuration under a name; undefined for a channel of Slack, which the application has itself. */
export type OpenAnchorTarget = (settings: AnchorSettings, name: string) => AnchorTarget | undefined;

/** The places outside in which anchors are kept, but for Slack. */
export function anchorTargets(deps: OutsideDeps, resources: AsyncDisposableStack): OpenAnchorTarget {
  const { configuration, environment, secrets, clock, random } = deps;
  const { variables, dataFolder } = environment;
  return ({ folder, git, branch = ANCHOR_BRANCH, url, token }, name) => {
    if (folder !== undefined) return new FolderTarget({ name, folder, random });
    if (url !== undefined) {
      const bearer = (): string | undefined => token && secrets.resolve(token);
      return new UploadTarget({ name, url, token: bearer, environment: variables, clock });
    }
    if (git === undefined) return undefined;
    const rules = repositoryRules(configuration, secrets);
    const journal = { repository: git, branch, folder: join(dataFolder, "git"), rules, environment: variables, clock };
    return resources.use(new GitAnchorTarget({ name, ...journal }));
  };
}

/** Anchors the log as the configuration says; undefined where it says nothing. */
export function openAnchoring(
  outside: Pick<Outside, "live" | "store" | "secret" | "openAnchorTarget" | "clock" | "random" | "logger">,
  slack: Pick<Slack, "announce">,
): Anchoring | undefined {
  const { live, store, secret, openAnchorTarget, clock, random, logger } = outside;
  const { anchors } = live.configuration.audit;
  const [key] = secret.keys("anchor");
  if (anchors === undefined || key === undefined) return undefined;
  const { everyMs, events } = anchors;
  const targets = namedTargets(anchors.targets).flatMap(({ name, settings }) => {
    const { slack: channel } = settings;
    if (channel === undefined) return openAnchorTarget?.(settings, name) ?? [];
    return new SlackAnchorTarget({ name, channel, slack, slots: store.slots, clock });
  });
  const rhythm = { everyMs, events };
  return new Anchoring({ log: store.anchors, key: anchorKeyOf(key.bytes), targets, rhythm, clock, random, logger });
}

/** By what sort of place it is, and a number where there are several: figures do not say where anything is. */
export function namedTargets(
  targets: readonly AnchorSettings[],
): readonly { readonly name: string; readonly settings: AnchorSettings }[] {
  const seen = new Map<string, number>();
  return targets.map((settings) => {
    const sort = (["slack", "folder", "git"] as const).find((each) => settings[each] !== undefined) ?? "url";
    const count = (seen.get(sort) ?? 0) + 1;
    seen.set(sort, count);
    return { name: count === 1 ? sort : `${sort}-${count}`, settings };
  });
}
