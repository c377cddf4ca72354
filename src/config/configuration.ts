import { z } from "zod";

import { ArgocdSettings } from "./argocd-settings.ts";
import { ArtifactSettings } from "./artifact-settings.ts";
import { AuditSettings } from "./audit-settings.ts";
import { DiscoverySettings } from "./discovery-settings.ts";
import { FilePath, Name } from "./field-schemas.ts";
import { GitSettings } from "./git-settings.ts";
import { NetworkSettings } from "./network-settings.ts";
import { GrantSettings, PersonSettings, RoleMember } from "./people-settings.ts";
import { ProgramSettings } from "./program-settings.ts";
import { EnvironmentSettings, ServiceSettings } from "./promotion-settings.ts";
import { ScheduleSettings } from "./schedule-settings.ts";
import { SlackSettings } from "./slack-settings.ts";
import { TimingSettings } from "./timing-settings.ts";
import { TriggerSettings } from "./trigger-settings.ts";
import { WatchSettings } from "./watch-settings.ts";

// Whatever was found in these places may be the secret itself, so it is not repeated.
const NO_SECRET_HERE =
  "the value of a secret never stands in this file; say where it is: `{ env: VARIABLE }` or `{ file: PATH }`";
const NO_VARIABLE = "this is no name of an environment variable";

/** Where the value of a secret is kept. */
export const SecretSource = z.strictObject(
  {
    env: z
      .string({ error: () => NO_VARIABLE })
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, { error: NO_VARIABLE })
      .optional()
      .meta({ description: "Environment variable that holds the value" }),
    file: FilePath.optional().meta({ description: "File that holds the value; read again when it changes" }),
  },
  { error: (issue) => (issue.code === "invalid_type" ? NO_SECRET_HERE : undefined) },
);
export type SecretSource = z.infer<typeof SecretSource>;

const SecretName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/u, {
  error: "the name of a secret has letters, digits and underscores, and begins with a letter",
});

/** `quarterdeck.yaml`: its keys, their meaning and defaults, and what the rest of the program gets from it. */
export const Configuration = z.strictObject({
  slack: SlackSettings.meta({ description: "Channels and commands" }),
  argocd: z.array(ArgocdSettings).min(1).meta({ description: "The Argo CD servers" }),
  environments: z
    .array(EnvironmentSettings)
    .min(1)
    .meta({ description: "The environments, in the order in which a revision is promoted" }),
  services: z
    .array(ServiceSettings)
    .default([])
    .meta({ description: "What is deployed; may be left out where it is discovered" }),
  discovery: DiscoverySettings.optional().meta({
    description: "Finds services by labels on the Applications; `discovery: {}` switches it on",
  }),
  roles: z
    .record(Name, z.array(RoleMember))
    .default({})
    .meta({ description: "Names for sets of people; an entry is `everyone`, or an object as below" }),
  grants: z
    .array(GrantSettings)
    .default([])
    .meta({ description: "What each role may do; whatever no grant allows is refused" }),
  triggers: z.array(TriggerSettings).default([]).meta({
    description: "What starts runs without a person: webhooks and messages of others; see docs/triggers",
  }),
  schedules: z.array(ScheduleSettings).default([]).meta({
    description: "What starts runs at times of the day and the week; see docs/triggers/schedules.md",
  }),
  people: z.array(PersonSettings).default([]).meta({ description: "Who is who outside Slack" }),
  git: GitSettings.prefault({}).meta({ description: "How the repositories are read" }),
  secrets: z.record(SecretName, SecretSource).default({}).meta({ description: "Where each secret is kept" }),
  timing: TimingSettings.prefault({}).meta({ description: "How long things may take" }),
  network: NetworkSettings.prefault({}).meta({ description: "Where the steps of commands may send requests" }),
  artifacts: ArtifactSettings.prefault({}).meta({ description: "The files that steps leave" }),
  programs: z
    .record(Name, ProgramSettings)
    .default({})
    .meta({ description: "The programs that `program/run` may run, by the names that command files use" }),
  steps: z
    .array(z.string().min(1))
    .default([])
    .meta({ description: "Folders and packages with step kinds of your own; loaded when a process starts" }),
  mode: z.enum(["act", "observe"]).default("act").meta({
    description:
      "`observe` tries Quarterdeck beside what is there: history and alerts only, and nothing is ever changed in Argo CD",
  }),
  watch: WatchSettings.prefault({}).meta({
    description:
      "Alerts about applications that are Degraded outside of runs, for longer than `degraded-grace`; they go where `slack.alerts` says",
  }),
  audit: AuditSettings.prefault({}).meta({ description: "How the log is made provable to others" }),
});
export type Configuration = z.infer<typeof Configuration>;
