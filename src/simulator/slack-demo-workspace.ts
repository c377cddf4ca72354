import type { SlackCommandDefinition, SlackWorkspaceDefinition } from "./slack-workspace-definition.ts";

const ANA = "U0ANA00001";
const BEN = "U0BEN00001";
const PRIYA = "U0PRIYA001";
const MARCO = "U0MARCO001";
const OLGA = "U0OLGA0001";
const GUS = "U0GUS00001";
const STRANGER = "U0SAM00001";
const BOT = "U0QUARTER1";

const EVERYONE = [ANA, BEN, PRIYA, MARCO, OLGA];

const SCOPES = [
  "app_mentions:read",
  "channels:history",
  "channels:join",
  "channels:read",
  "chat:write",
  "commands",
  "files:write",
  "groups:history",
  "groups:read",
  "im:history",
  "im:read",
  "im:write",
  "usergroups:read",
  "users:read",
  "users:read.email",
];

const COMMANDS: readonly SlackCommandDefinition[] = [
  {
    command: "/promote",
    description: "Bring a revision of a service to an environment",
    usageHint: "checkout abc123 to prod",
    shouldEscape: true,
  },
  {
    command: "/rollback",
    description: "Go back to a revision that was proven before",
    usageHint: "checkout in prod",
    shouldEscape: true,
  },
  { command: "/qd", description: "Status, history, help", usageHint: "status | history | help", shouldEscape: true },
];

/** The workspace of the demo and of tests that need people in all their kinds. */
export const slackDemoWorkspace: SlackWorkspaceDefinition = {
  team: { id: "T0HARBOR01", domain: "harbor", name: "Harbor" },
  app: {
    appId: "A0QUARTER1",
    botId: "B0QUARTER1",
    botUserId: BOT,
    name: "Quarterdeck",
    scopes: SCOPES,
    commands: COMMANDS,
    botEvents: ["app_home_opened", "app_mention", "member_joined_channel", "subteam_members_changed", "user_change"],
  },
  people: [
    { id: ANA, handle: "ana", realName: "Ana Lopez", email: "ana@harbor.example", title: "Developer" },
    { id: BEN, handle: "ben", realName: "Ben Okafor", email: "ben@harbor.example", title: "Developer" },
    { id: PRIYA, handle: "priya", realName: "Priya Nair", email: "priya@harbor.example", title: "Approver" },
    { id: MARCO, handle: "marco", realName: "Marco Bianchi", email: "marco@harbor.example", title: "Approver" },
    {
      id: OLGA,
      handle: "olga",
      realName: "Olga Lindqvist",
      email: "olga@harbor.example",
      title: "On call",
      role: "admin",
    },
    { id: GUS, handle: "gus", realName: "Gus Winter", email: "gus@agency.example", title: "Guest", role: "guest" },
    {
      id: STRANGER,
      handle: "sam",
      realName: "Sam Whitfield",
      email: "sam@elsewhere.example",
      title: "From another workspace",
      role: "stranger",
      teamId: "T0ELSEWHR1",
    },
    {
      id: "U0DORA0001",
      handle: "dora",
      realName: "Dora Weiss",
      email: "dora@harbor.example",
      title: "Left the company",
      deactivated: true,
    },
  ],
  groups: [
    { id: "S0APPROVE1", handle: "release-approvers", name: "Release approvers", members: [PRIYA, MARCO] },
    { id: "S0ONCALL01", handle: "oncall", name: "On call", members: [OLGA] },
  ],
  channels: [
    {
      id: "C0DEPLOYS1",
      name: "deploys",
      kind: "public",
      members: [...EVERYONE, GUS, BOT],
      topic: "What goes live, and who let it through",
    },
    {
      id: "G0PAYMENT1",
      name: "payments-deploys",
      kind: "private",
      members: [ANA, PRIYA, OLGA, BOT],
      topic: "Deployments of payments",
    },
    { id: "C0GENERAL1", name: "general", kind: "public", members: [...EVERYONE, GUS], topic: "Everything else" },
    {
      id: "C0PARTNER1",
      name: "partners",
      kind: "public",
      members: [ANA, PRIYA, STRANGER, BOT],
      topic: "Shared with the workspace of Elsewhere",
      externallyShared: true,
    },
  ],
};
