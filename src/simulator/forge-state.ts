import type { Clock } from "../platform/clock.ts";
import { type CiJob, ForgeCi } from "./forge-ci.ts";
import { ForgeGit } from "./forge-git.ts";
import { ForgeRequests } from "./forge-requests.ts";

export interface ForgeProject {
  /** `harbor/deploy` */
  readonly path: string;
  readonly id: number;
  readonly git: ForgeGit;
  readonly ci: ForgeCi;
  readonly requests: ForgeRequests;
  readonly rules: ProjectRules;
}

/** What the branch wants before something is merged into it. */
export interface ProjectRules {
  /** Names of checks. */
  required: readonly string[];
  approvals: number;
  /** Ways of merging that are refused, such as `squash`. */
  refused: readonly string[];
}

export interface ForgeToken {
  readonly user: string;
  readonly rights: readonly ("read" | "write")[];
}

/** Everything that a simulated forge knows. */
export interface ForgeState {
  readonly clock: Clock;
  readonly projects: ReadonlyMap<string, ForgeProject>;
  readonly tokens: ReadonlyMap<string, ForgeToken>;
  /** The address of the simulator itself, for links. */
  readonly url: () => string;
}

export interface ForgeDefinition {
  readonly clock: Clock;
  /** Folders of bare repositories by path. */
  readonly repositories: Readonly<Record<string, string>>;
  readonly tokens: Readonly<Record<string, ForgeToken>>;
  /** What CI does with a commit; nothing when absent. */
  readonly ci?: (sha: string, path: string) => readonly CiJob[];
}

export function createForgeState(definition: ForgeDefinition, url: () => string): ForgeState {
  const { clock, repositories, tokens, ci = () => [] } = definition;
  const projects = Object.entries(repositories).map(([path, folder], index): [string, ForgeProject] => {
    const git = new ForgeGit(folder);
    return [
      path,
      {
        path,
        id: 100 + index,
        git,
        ci: new ForgeCi(clock, (sha) => ci(sha, path)),
        requests: new ForgeRequests(git, clock),
        rules: { required: [], approvals: 0, refused: [] },
      },
    ];
  });
  return { clock, projects: new Map(projects), tokens: new Map(Object.entries(tokens)), url };
}
