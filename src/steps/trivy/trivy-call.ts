import type { Artifact } from "../../domain/artifact.ts";
import type { StepContext } from "../../engine/step-kind.ts";
import type { ProgramNote } from "../../engine/step-notes.ts";
import { AppError } from "../../platform/errors.ts";
import type { ProgramEnd } from "../../programs/program-order.ts";
import { callTool, lastWords, saysAway } from "../image/tool-call.ts";
import type { ToolChoice, ToolDeps } from "../image/tool-choice.ts";
import type { RunLog } from "../tools/run-log.ts";
import { parseReport, type TrivyReport, unreadable } from "./trivy-report.ts";

export const TRIVY: ProgramNote = {
  name: "trivy",
  atLeast: "0.60",
  get: "https://trivy.dev/latest/getting-started/installation/",
};

// Its own code for errors is 1.
const FOUND = 3;

// With every package of a large image it is some tens of megabytes.
const MOST_BYTES = 64 * 1024 * 1024;

const OFFLINE = {
  TRIVY_SKIP_DB_UPDATE: "true",
  TRIVY_SKIP_JAVA_DB_UPDATE: "true",
  TRIVY_SKIP_CHECK_UPDATE: "true",
  TRIVY_OFFLINE_SCAN: "true",
};

/** Where what it compares with comes from. */
export interface Database {
  /** Only what is there already is used. */
  readonly offline?: boolean | undefined;
  readonly repository?: string | undefined;
  readonly "java-repository"?: string | undefined;
  readonly "checks-repository"?: string | undefined;
}

export interface Scan {
  /** What is scanned, for people. */
  readonly what: string;
  /** `image` or `config`, and what belongs to it; the target comes last. */
  readonly args: readonly string[];
  readonly tool: ToolChoice | undefined;
  readonly database: Database;
  readonly timeoutMs: number;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly log: RunLog;
}

export interface Scanned {
  readonly report: TrivyReport;
  /** The report as it came, kept with the step. */
  readonly file: Artifact;
}

/**
 * Runs Trivy on something and reads its report. Throws for every end but a whole report that agrees with the exit code:
 * `trivy.no-database`, `trivy.unreachable` (retry `backoff`), `trivy.not-found`, `trivy.failed`, `trivy.unreadable-output`.
 */
export async function scan(
  { programs, folders }: Pick<ToolDeps, "programs" | "folders">,
  wanted: Scan,
  { signal, artifacts }: Pick<StepContext, "signal" | "artifacts">,
): Promise<Scanned> {
  const { tool, folder, log } = wanted;
  const run = (cache: string): Promise<ProgramEnd> =>
    callTool(programs, {
      program: TRIVY,
      tool,
      args: argumentsOf(wanted, cache),
      folder,
      env: { ...environmentOf(wanted.database), ...wanted.env },
      signal,
      log,
      keepBytes: MOST_BYTES,
    });
  const own = tool?.env["TRIVY_CACHE_DIR"];
  // One at a time: two that renew the database at once would damage it.
  const name = own === undefined ? "trivy cache" : `trivy cache ${own}`;
  const end = await folders.use({ name, signal }, (cache) => run(own ?? cache));
  const { exitCode } = end;
  if (exitCode !== 0 && exitCode !== FOUND) throw failure(end, wanted);
  if (end.isCut) throw unreadable(`it is longer than ${MOST_BYTES / 1024 / 1024} MiB`);
  const report = parseReport(end.stdout);
  if (hasFindings(report) !== (exitCode === FOUND)) {
    throw unreadable(`it does not agree with the exit code ${exitCode}`);
  }
  const file = {
    name: "trivy-report.json",
    mediaType: "application/json",
    content: Buffer.from(log.masked(end.stdout)),
  };
  return { report, file: await artifacts.put(file) };
}

/** Nothing of what is scanned, nor of this machine, decides how it is scanned: no settings and no ignore list are found there. */
function argumentsOf({ args, timeoutMs }: Scan, cache: string): readonly string[] {
  const [command = "", ...rest] = args;
  return [
    command,
    "--format=json",
    `--exit-code=${FOUND}`,
    `--cache-dir=${cache}`,
    `--timeout=${Math.ceil(timeoutMs / 1000)}s`,
    ...rest,
  ];
}

function environmentOf(database: Database): Readonly<Record<string, string>> {
  const { offline, repository, "java-repository": java, "checks-repository": checks } = database;
  return {
    TRIVY_NO_PROGRESS: "true",
    TRIVY_SKIP_VERSION_CHECK: "true",
    TRIVY_DISABLE_TELEMETRY: "true",
    ...(offline === true && OFFLINE),
    ...(repository !== undefined && { TRIVY_DB_REPOSITORY: repository }),
    ...(java !== undefined && { TRIVY_JAVA_DB_REPOSITORY: java }),
    ...(checks !== undefined && { TRIVY_CHECKS_BUNDLE_REPOSITORY: checks }),
  };
}

function hasFindings({ Results }: TrivyReport): boolean {
  return Results.some(
    ({ Vulnerabilities, Misconfigurations }) =>
      Vulnerabilities.length > 0 || Misconfigurations.some(({ Status }) => Status === "FAIL"),
  );
}

const NO_DATABASE =
  /cannot be specified on the first run|DB error|database error|failed to download (?:vulnerability|Java) DB/iu;
const NOT_FOUND = /NAME_UNKNOWN|MANIFEST_UNKNOWN|unexpected status code 404/u;
const DENIED = /UNAUTHORIZED|DENIED|unexpected status code 40[13]/u;

function failure(end: ProgramEnd, { what, database, log }: Scan): AppError {
  const why = lastWords(end, log);
  const text = end.stderr;
  const as = (code: string, message: string, retry: "never" | "backoff" = "never"): AppError =>
    new AppError(`${what} was not scanned: ${message}`, { code, retry });
  // The registry's word comes first: why other places do not have the image says nothing.
  if (NOT_FOUND.test(text)) return as("trivy.not-found", `the registry has no such image. ${remoteError(text) ?? why}`);
  if (DENIED.test(text)) {
    return as(
      "trivy.denied",
      `the registry does not give it. Say who asks under "registry". ${remoteError(text) ?? why}`,
    );
  }
  if (NO_DATABASE.test(text)) {
    const hint =
      database.offline === true
        ? "there is no database where the step is executed; bring one there, or let it be fetched once without offline"
        : `the database could not be had; name a mirror under "database: repository"`;
    return as("trivy.no-database", `${hint}. ${why}`, database.offline === true ? "never" : "backoff");
  }
  if (saysAway(text)) return as("trivy.unreachable", `something that it needs could not be reached. ${why}`, "backoff");
  return as("trivy.failed", `Trivy failed. ${why}`);
}

/** What the registry said, among what all the places said where an image might be. */
function remoteError(text: string): string | undefined {
  return /remote error: (.{1,400})/u.exec(text)?.[1];
}
