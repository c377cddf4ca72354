/** How far the simulated Slack does what Slack does, and the test that shows it. */
export interface SlackCoverage {
  readonly status: "supported" | "partial" | "not started";
  /** The test that calls it; all but what is not started has one. */
  readonly test?: string;
  /** What is missing or different. */
  readonly note?: string;
}

const CHAT = "test/unit/simulator/slack-chat-methods.test.ts";
const VIEWS = "test/unit/simulator/slack-view-methods.test.ts";
const CONVERSATIONS = "test/unit/simulator/slack-conversation-methods.test.ts";
const PEOPLE = "test/unit/simulator/slack-people-methods.test.ts";
const FILES = "test/unit/simulator/slack-file-methods.test.ts";
const WEB_API = "test/unit/simulator/slack-web-api.test.ts";
const SOCKETS = "test/integration/slack-simulator-sockets.test.ts";
const NOT_STARTED: SlackCoverage = { status: "not started" };

/** The methods of the Web API that an app of this kind could want. A test compares them with those that are answered. */
export const slackMethodCoverage: Readonly<Record<string, SlackCoverage>> = {
  "apps.connections.open": { status: "supported", test: SOCKETS },
  "auth.test": { status: "supported", test: WEB_API },
  "blocks.validate": { status: "supported", test: WEB_API },
  "bookmarks.add": NOT_STARTED,
  "bots.info": { status: "supported", test: WEB_API },
  "chat.delete": { status: "supported", test: CHAT },
  "chat.getPermalink": { status: "supported", test: CHAT },
  "chat.postEphemeral": { status: "supported", test: CHAT },
  "chat.postMessage": { status: "partial", test: CHAT, note: "no unfurling, no parse and link_names" },
  "chat.scheduleMessage": NOT_STARTED,
  "chat.startStream": NOT_STARTED,
  "chat.unfurl": NOT_STARTED,
  "chat.update": { status: "partial", test: CHAT, note: "no edit window, no block_mismatch, no streaming" },
  "conversations.create": NOT_STARTED,
  "conversations.history": { status: "supported", test: CONVERSATIONS },
  "conversations.info": { status: "supported", test: CONVERSATIONS },
  "conversations.invite": NOT_STARTED,
  "conversations.join": { status: "supported", test: CONVERSATIONS },
  "conversations.list": { status: "supported", test: CONVERSATIONS },
  "conversations.members": { status: "supported", test: CONVERSATIONS },
  "conversations.open": { status: "supported", test: CONVERSATIONS },
  "conversations.replies": { status: "supported", test: CONVERSATIONS },
  "files.completeUploadExternal": { status: "supported", test: FILES },
  "files.delete": NOT_STARTED,
  "files.getUploadURLExternal": { status: "supported", test: FILES },
  "files.info": { status: "partial", test: FILES, note: "few fields" },
  "oauth.v2.access": NOT_STARTED,
  "pins.add": NOT_STARTED,
  "reactions.add": { status: "supported", test: WEB_API },
  "reactions.remove": { status: "supported", test: WEB_API },
  "team.info": { status: "partial", test: WEB_API, note: "few fields" },
  "usergroups.list": { status: "supported", test: PEOPLE },
  "usergroups.users.list": { status: "supported", test: PEOPLE },
  "users.conversations": { status: "supported", test: CONVERSATIONS },
  "users.info": { status: "supported", test: PEOPLE },
  "users.list": { status: "supported", test: PEOPLE },
  "users.lookupByEmail": { status: "supported", test: PEOPLE },
  "views.open": { status: "supported", test: VIEWS },
  "views.publish": { status: "supported", test: VIEWS },
  "views.push": { status: "supported", test: VIEWS },
  "views.update": { status: "supported", test: VIEWS },
};

/** The blocks of Block Kit; the validator refuses what is not started as an unsupported type. */
export const slackBlockCoverage: Readonly<Record<string, SlackCoverage["status"]>> = {
  actions: "supported",
  alert: "not started",
  card: "not started",
  carousel: "not started",
  container: "not started",
  context: "supported",
  context_actions: "not started",
  data_table: "not started",
  data_visualization: "not started",
  divider: "supported",
  file: "not started",
  header: "supported",
  image: "partial",
  input: "supported",
  markdown: "partial",
  plan: "not started",
  rich_text: "supported",
  section: "supported",
  table: "not started",
  task_card: "not started",
  video: "not started",
};
