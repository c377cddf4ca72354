import type { HttpConnections } from "../argocd/argocd-http.ts";
import type { Configuration } from "../config/configuration.ts";
import type { InstanceSecret } from "../config/instance-secret.ts";
import type { Secrets } from "../config/secrets.ts";
import type { Artifacts } from "../engine/artifacts.ts";
import type { ExportFolder } from "../engine/folder-export.ts";
import type { Dispatcher, JobReports } from "../engine/ports.ts";
import type { StepKind } from "../engine/step-kind.ts";
import type { Vault } from "../engine/vault.ts";
import type { BranchWriter } from "../git/branch-writer.ts";
import type { GitRepositories } from "../git/git-repositories.ts";
import type { Clock } from "../platform/clock.ts";
import type { Random } from "../platform/ids.ts";
import type { Logger } from "../platform/logger.ts";
import type { SecretMask } from "../platform/masking.ts";
import type { Programs } from "../programs/program-order.ts";
import type { WorkFolders } from "../programs/work-folders.ts";
import type { AnsibleSettings } from "../steps/ansible/ansible-settings.ts";
import type { AppTokens } from "../steps/forge/forge-input.ts";
import type { TerraformSettings } from "../steps/terraform/terraform-settings.ts";
import type { PostAnswer } from "../slack/post-answer.ts";
import type { SlackClients } from "../slack/slack-clients.ts";
import type { SlackReceiver } from "../slack/slack-receiver.ts";
import type { Store } from "../store/store.ts";
import type { Metrics } from "../web/metrics.ts";
import type { OpenAnchorTarget } from "./anchors.ts";
import type { LiveSettings, Settings } from "./live-settings.ts";

/** Git, as far as it is asked. */
export type GitAccess = Pick<GitRepositories, "resolveRevision" | "commitsBetween" | "recentCommits">;

/** Slack, as far as it is spoken with. */
export interface SlackWire {
  readonly botToken: string;
  /** The address of its Web API. */
  readonly apiUrl: string;
  readonly clients: SlackClients;
  readonly receiver: SlackReceiver;
  /** Posts private answers; over the network of this machine where it is absent. */
  readonly post?: PostAnswer | undefined;
}

/** Everything that the application works with and that is not the application: opened, and closed by whoever opened it. */
export interface Outside {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly mask: SecretMask;
  readonly live: LiveSettings;
  /** Reads the settings again. Throws what is wrong with them. */
  readonly load: () => Promise<Settings>;
  readonly secrets: Secrets;
  readonly secret: InstanceSecret;
  readonly store: Store;
  readonly git: GitAccess;
  readonly exportFolder: ExportFolder;
  /** The tokens of the GitHub Apps that the configuration has; none where it is absent. */
  readonly appTokens?: AppTokens | undefined;
  /** Adds commits to repositories; none are where it is absent. */
  readonly branches?: Pick<BranchWriter, "write"> | undefined;
  /** The files that steps left. */
  readonly artifacts: Artifacts;
  readonly vault: Vault;
  readonly programs: Programs;
  readonly folders: WorkFolders;
  /** What this machine allows Ansible; nothing of its own where it is absent. */
  readonly ansible?: AnsibleSettings | undefined;
  /** What this machine allows Terraform; nothing of its own where it is absent. */
  readonly terraform?: TerraformSettings | undefined;
  readonly slack: SlackWire;
  /** The connections to an Argo CD server; those of this machine where it is absent. */
  readonly connect?: ((server: Configuration["argocd"][number]) => HttpConnections) | undefined;
  readonly createDispatcher: (kinds: ReadonlyMap<string, StepKind>, reports: JobReports) => Dispatcher;
  readonly metrics: Pick<Metrics, "recorded">;
  /** Told when there is something new to be seen of a run. */
  readonly onChanged?: ((run: string) => void) | undefined;
  /** Where people reach this server over HTTP; undefined where they cannot. */
  readonly publicUrl: string | undefined;
  /** Opens where the log is anchored; nowhere but in Slack where it is absent. */
  readonly openAnchorTarget?: OpenAnchorTarget | undefined;
}
