import type { Clock } from "../platform/clock.ts";
import { AppError, errorCode, errorText } from "../platform/errors.ts";
import type { Logger } from "../platform/logger.ts";
import type { GitSetting } from "./git-environment.ts";
import type { GitCall, GitProgram, GitResult } from "./git-program.ts";
import { packCount, sweepRemnants } from "./mirror-folder.ts";
import type { RemoteCredentials } from "./remote-credentials.ts";
import type { RepositoryUrl } from "./repository-url.ts";
import { SizeWatch } from "./size-watch.ts";

export interface MirrorLimits {
  /** For one fetch, the first one of everything included. */
  readonly fetchTimeoutMs: number;
  /** For one question to the mirror. */
  readonly readTimeoutMs: number;
  /** For the objects of one mirror on disk. */
  readonly maxBytes: number;
  /** How often the size is looked at while a fetch runs. */
  readonly sizeCheckMs: number;
}

export interface MirrorFetchDeps {
  readonly url: RepositoryUrl;
  readonly git: GitProgram;
  readonly credentials: RemoteCredentials;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: MirrorLimits;
}

const REFSPECS = ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"];
const WITHOUT_TRACES = ["--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"];

type FetchCall = Pick<GitCall, "options" | "operands" | "settings" | "input">;

const EVERYTHING: FetchCall = {
  options: ["--quiet", "--force", "--prune", ...WITHOUT_TRACES],
  operands: ["origin", ...REFSPECS],
};
const MANY_PACKS = 50;

/** Something that needs no server. */
type LocalCall = Pick<GitCall, "command" | "options" | "input" | "settings"> & { readonly timeoutMs?: number };

/** Brings one repository's branches and tags into a bare copy. Knows nothing of when; one call at a time. */
export class MirrorFetch {
  readonly #deps: MirrorFetchDeps;

  constructor(deps: MirrorFetchDeps) {
    this.#deps = deps;
  }

  /** Makes a bare repository in the empty folder `repository` and fills it. */
  async create(repository: string): Promise<void> {
    const { git, url, limits } = this.#deps;
    await git.run({
      command: "init",
      options: ["--quiet", "--bare", "--template="],
      operands: [repository],
      about: url.address,
      timeoutMs: limits.readTimeoutMs,
    });
    await this.update(repository);
    await this.#compact(repository, { command: "pack-refs", options: ["--all"] });
  }

  /** Makes branches and tags the same as the server's. When it fails, those that were there are still there. */
  async update(repository: string): Promise<void> {
    const { clock, logger, url } = this.#deps;
    const startedAt = clock.monotonic();
    const before = await this.#references(repository);
    await this.#fetch(repository);
    if ((await this.#references(repository)) === "") await this.#disbelieve(repository, before);
    const tookMs = Math.round(clock.monotonic() - startedAt);
    logger.debug("mirror fetched", { repository: url.address, tookMs });
  }

  /** Every fetch adds a pack, and git looks through all of them. Failing here costs speed only. */
  async keepCompact(repository: string): Promise<void> {
    if ((await packCount(repository)) <= MANY_PACKS) return;
    await this.#compact(repository, { command: "repack", options: ["-a", "-d", "--quiet"] });
    await this.#compact(repository, { command: "pack-refs", options: ["--all"] });
  }

  /** Brings objects that are known by their ids, such as the contents of files. */
  async objects(repository: string, ids: readonly string[]): Promise<void> {
    const options = ["--quiet", ...WITHOUT_TRACES, "--filter=blob:none", "--stdin"];
    const settings: readonly GitSetting[] = [["fetch.negotiationAlgorithm", "noop"]];
    await this.#fetch(repository, {
      options,
      operands: ["origin"],
      settings,
      input: ids.map((id) => `${id}\n`).join(""),
    });
  }

  async #fetch(repository: string, call: FetchCall = EVERYTHING): Promise<void> {
    const { git, credentials, url, limits, clock } = this.#deps;
    const { maxBytes, sizeCheckMs: everyMs } = limits;
    const credential = await credentials.credential(url);
    await using size = new SizeWatch({ repository, about: url.address, maxBytes, everyMs, clock });
    try {
      await git.run({
        command: "fetch",
        ...call,
        repository,
        about: url.address,
        settings: [...remoteSettings(url), ...(call.settings ?? []), ...credential.settings],
        environment: credential.environment,
        secrets: credential.secrets,
        // A server that was once on http may send its callers to https, never the other way.
        protocols: url.protocol === "http" ? ["http", "https"] : [url.protocol],
        timeoutMs: limits.fetchTimeoutMs,
        signal: size.signal,
      });
    } catch (error) {
      if (errorCode(error) === "git.authentication") credentials.refused(url);
      throw error;
    }
    await size.check();
    size.signal.throwIfAborted();
  }

  /** One line `create NAME ID` for each branch and tag. */
  async #references(repository: string): Promise<string> {
    const options = ["--format=create %(refname) %(objectname)"];
    const { stdout } = await this.#local(repository, { command: "for-each-ref", options });
    return stdout;
  }

  /** Git takes an empty answer, such as that of a proxy or a login page, for a repository without branches, and removes all of ours. */
  async #disbelieve(repository: string, before: string): Promise<never> {
    const { address } = this.#deps.url;
    await this.#local(repository, { command: "update-ref", options: ["--stdin"], input: before });
    throw new AppError(
      `The repository ${address} shows no branch and no tag: it is empty, or something else answers at its address, such as a login page. Check the address, or push a first commit`,
      { code: "git.empty", retry: "backoff", details: { repository: address } },
    );
  }

  async #compact(repository: string, call: LocalCall): Promise<void> {
    const { url, limits, logger } = this.#deps;
    const settings: readonly GitSetting[] = [
      ...remoteSettings(url),
      ["pack.threads", "1"],
      ["pack.windowMemory", "128m"],
    ];
    try {
      await this.#local(repository, { ...call, settings, timeoutMs: limits.fetchTimeoutMs });
    } catch (error) {
      await sweepRemnants(repository);
      if (errorCode(error) === "git.stopped") throw error;
      logger.warn("mirror could not be compacted", { repository: url.address, error: errorText(error) });
    }
  }

  #local(repository: string, call: LocalCall): Promise<GitResult> {
    const { git, url, limits } = this.#deps;
    return git.run({ timeoutMs: limits.readTimeoutMs, ...call, repository, about: url.address });
  }
}

/**
 * The remote is configured for the fetch alone. Reading knows no remote, and so cannot fetch a missing
 * file on demand, which git before 2.44 has no switch against.
 */
function remoteSettings(url: RepositoryUrl): readonly GitSetting[] {
  return [
    ["remote.origin.url", url.address],
    ["remote.origin.promisor", "true"],
    ["remote.origin.partialCloneFilter", "blob:none"],
    ["fetch.unpackLimit", "1"],
    ["fetch.writeCommitGraph", "true"],
    // A server that hangs is given up long before the time limit of a big fetch.
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "30"],
  ];
}
