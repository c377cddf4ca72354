import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import { SlackChanges } from "./slack-changes.ts";
import { SlackFaults } from "./slack-faults.ts";
import { SlackFiles } from "./slack-files.ts";
import { SlackIds } from "./slack-ids.ts";
import { SlackJournal } from "./slack-journal.ts";
import { SlackMessages } from "./slack-messages.ts";
import { SlackRateLimits } from "./slack-rate-limits.ts";
import { SlackResponseUrls } from "./slack-response-urls.ts";
import { SlackTokens } from "./slack-tokens.ts";
import { SlackTriggers } from "./slack-triggers.ts";
import { SlackViews } from "./slack-views.ts";
import type { SlackWorkspaceDefinition } from "./slack-workspace-definition.ts";
import { SlackWorkspace } from "./slack-workspace.ts";

/** The whole state of a simulated Slack, shared by the Web API, the sockets, the people and the page. */
export interface SlackWorld {
  readonly clock: Clock;
  readonly ids: SlackIds;
  readonly changes: SlackChanges;
  readonly workspace: SlackWorkspace;
  readonly messages: SlackMessages;
  readonly views: SlackViews;
  readonly files: SlackFiles;
  readonly triggers: SlackTriggers;
  readonly responseUrls: SlackResponseUrls;
  readonly tokens: SlackTokens;
  readonly rateLimits: SlackRateLimits;
  readonly faults: SlackFaults;
  readonly journal: SlackJournal;
  /** The address of the server, without a slash at its end. */
  readonly baseUrl: () => string;
}

export interface SlackWorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly definition: SlackWorkspaceDefinition;
  readonly botToken: string;
  readonly appToken: string;
  /** See `SlackRateLimits`; 1 is Slack's own. */
  readonly rateLimitMultiplier: number;
  readonly baseUrl: () => string;
}

export function createSlackWorld(options: SlackWorldOptions): SlackWorld {
  const { clock, definition, baseUrl } = options;
  const ids = new SlackIds(options.random);
  const changes = new SlackChanges(clock);
  const shared = { clock, ids, changes };
  return {
    ...shared,
    baseUrl,
    workspace: new SlackWorkspace({ ...shared, definition }),
    messages: new SlackMessages(shared),
    views: new SlackViews(shared),
    files: new SlackFiles({ ids }),
    triggers: new SlackTriggers({ clock, ids }),
    responseUrls: new SlackResponseUrls({ clock, ids, base: baseUrl }),
    tokens: new SlackTokens({ bot: options.botToken, app: options.appToken }),
    rateLimits: new SlackRateLimits({ clock, multiplier: options.rateLimitMultiplier }),
    faults: new SlackFaults(),
    journal: new SlackJournal({ clock }),
  };
}
