import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";

import { z } from "zod";

import { validateReport } from "../commands/validate-report.ts";
import type { Command } from "../commands/command.ts";
import type { Configuration } from "../config/configuration.ts";
import { type Environment, readEnvironment, type Variables } from "../config/environment.ts";
import { isLoopback } from "../config/loopback.ts";
import { Secrets } from "../config/secrets.ts";
import { nodesIn, type PlanNode } from "../domain/plan.ts";
import { redisFacts } from "../dispatch/redis-facts.ts";
import { dataFolder, instanceSecret } from "../doctor/data-folder.ts";
import { doctorReport } from "../doctor/doctor-report.ts";
import { type Finding, Subject } from "../doctor/finding.ts";
import { logFile } from "../doctor/log-file.ts";
import { nodeVersion } from "../doctor/program.ts";
import { redis } from "../doctor/redis.ts";
import { triggerFindings } from "../doctor/triggers.ts";
import { type Probe, runProbes } from "../doctor/run-probes.ts";
import { originText } from "../engine/kind-origin.ts";
import { type Clock, systemClock } from "../platform/clock.ts";
import { diagnosticText, InvalidFileError } from "../platform/diagnostic.ts";
import { AppError, errorMessage } from "../platform/errors.ts";
import { type Random, systemRandom } from "../platform/ids.ts";
import { createLogger, type Logger } from "../platform/logger.ts";
import { SecretMask } from "../platform/masking.ts";
import { serverOn } from "../store/data-folder-lock.ts";
import { openLog } from "../store/store.ts";
import { examineAnchors } from "./doctor-anchors.ts";
import { examineArgocd } from "./doctor-argocd.ts";
import { examineGit } from "./doctor-git.ts";
import { examinePrograms } from "./doctor-programs.ts";
import { examineStepPrograms } from "./doctor-step-programs.ts";
import { examineSlack } from "./doctor-slack.ts";
import { startFindings } from "./doctor-starts.ts";
import { examineTokens } from "./doctor-tokens.ts";
import { loadFiles, stepCatalogue } from "./load-files.ts";

/** `quarterdeck doctor`: looks at everything that the server needs, and says how to mend what is wrong. */
export async function doctor(args: readonly string[]): Promise<number> {
  const isJson = readArguments(args);
  const mask = new SecretMask();
  const findings = await examine({ mask, clock: systemClock, random: systemRandom });
  const report = doctorReport(findings);
  const text = isJson ? JSON.stringify(report.json, undefined, 2) : report.text;
  process.stdout.write(`${mask.text(text)}\n`);
  return report.exitStatus;
}

interface Surroundings {
  readonly mask: SecretMask;
  readonly clock: Clock;
  readonly random: Random;
  /** Those of the process when absent. */
  readonly variables?: Variables;
}
import { neededHere } from "./needed-secrets.ts";

// It is read from, and does not post.
const KAFKA = "kafka";
const SLACK_MS = 30_000;
const LOCAL_MS = 15_000;

/** Everything that was found. Nothing that fails keeps the rest from being looked at. */
export async function examine({ mask, clock, random, variables }: Surroundings): Promise<readonly Finding[]> {
  const program = [nodeVersion(process.versions.node, await neededNode())];
  const read = tryEnvironment(mask, variables);
  if (read.environment === undefined) return [...program, ...read.findings];
  const { environment } = read;
  await using resources = new AsyncDisposableStack();
  const { configuration, loaded, findings: files } = await readFiles(environment);
  const said: Finding[] = [];
  const secrets = secretsOf({ environment, configuration, mask, logger: warningsInto(said, clock) });
  const unusable =
    secrets?.problems(neededHere({ environment, configuration })).map((problem) => secretProblem(problem)) ?? [];
  const slack: Probe = {
    area: "slack",
    subject: "Slack",
    look: (signal) => examineSlack({ environment, configuration, clock, signal }),
  };
  const [local, ofSlack, ofArgocd] = await Promise.all([
    runProbes(localProbes(environment), { clock, limitMs: LOCAL_MS }),
    runProbes([slack], { clock, limitMs: SLACK_MS }),
    configuration === undefined || secrets === undefined
      ? { findings: [], repositories: [] }
      : examineArgocd({ configuration, secrets, clock, random, registersClusters: usesClusters(loaded) }, resources),
  ]);
  const { repositories } = ofArgocd;
  const git = await examineGit({ environment, configuration, secrets, repositories, clock, random }, resources);
  const anchors = await examineAnchors({ environment, configuration, secrets, clock, random }, resources);
  const programs = [
    ...(await examinePrograms({ environment, configuration })),
    ...(loaded === undefined ? [] : await examineStepPrograms({ environment, ...loaded })),
  ];
  const triggers = triggerFindings({
    posted: (configuration?.triggers ?? []).flatMap(({ name, from }) => (from === KAFKA ? [] : [name])),
    publicUrl: environment.publicUrl,
    isLocal: isLoopback(environment.host),
  });
  const starts =
    configuration === undefined || loaded === undefined
      ? []
      : startFindings({ configuration, commands: loaded.commands });
  const tokens = await examineTokens({ dataFolder: environment.dataFolder, configuration, clock });
  const elsewhere = [
    ...triggers,
    ...starts,
    ...tokens,
    ...programs,
    ...ofSlack,
    ...ofArgocd.findings,
    ...git,
    ...anchors,
  ];
  return [...program, ...files, ...unusable, ...said, ...local, ...elsewhere];
}

function usesClusters(loaded: Awaited<ReturnType<typeof readFiles>>["loaded"]): boolean {
  const plans = (loaded?.commands ?? []).flatMap(({ body }) => (body.kind === "plan" ? [body.plan] : []));
  return plans.some(({ steps, onFailure, finally: last = [] }) => [...steps, ...onFailure, ...last].some(isCluster));
}

function isCluster(node: PlanNode): boolean {
  return node.type === "step" ? node.uses === "argocd/cluster" : nodesIn(node).some(isCluster);
}

function tryEnvironment(
  mask: SecretMask,
  variables: Variables | undefined,
): { readonly environment: Environment | undefined; readonly findings: readonly Finding[] } {
  try {
    return { environment: readEnvironment(mask, variables), findings: [] };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const findings = error.message.split("\n").map((line) => {
      const [name = "", ...rest] = line.split(" ");
      const why = "the server does not start with it";
      return new Subject("configuration", name).problem({
        what: rest.join(" "),
        why,
        mend: "set it as the message says",
      });
    });
    return { environment: undefined, findings };
  }
}

/** The configuration, as far as it can be used, and what is wrong in it and in the command files. */
async function readFiles(environment: Environment): Promise<{
  readonly configuration: Configuration | undefined;
  readonly loaded:
    | (Omit<Parameters<typeof examineStepPrograms>[0], "environment"> & { readonly commands: readonly Command[] })
    | undefined;
  readonly findings: readonly Finding[];
}> {
  const { configurationFile: file, commandsFolder: folder } = environment;
  const line = "mend that line; `quarterdeck validate` shows all";
  try {
    const { configuration, commands, plugins } = await loadFiles(environment);
    const { json } = validateReport(commands);
    const findings = json.diagnostics.map((diagnostic) =>
      fileProblem(folder, { what: diagnosticText(diagnostic), mend: line }),
    );
    const good = new Subject("configuration", file).ok(`no mistakes, ${json.commands.length} commands`);
    const loaded = plugins.map(({ named, origin, kinds }) =>
      new Subject("configuration", named).ok(`${originText(origin)}: ${kinds.join(", ")}`),
    );
    const kinds = stepCatalogue(plugins);
    return {
      configuration,
      loaded: { configuration, commands: commands.commands, kinds },
      findings: [...(findings.length > 0 ? findings : [good]), ...loaded],
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const findings =
      error instanceof InvalidFileError
        ? error.diagnostics.map((each) => fileProblem(file, { what: diagnosticText(each), mend: line }))
        : [
            fileProblem(error.code === "commands.unreadable" ? folder : file, {
              what: errorMessage(error),
              mend: "do as the message says",
            }),
          ];
    return { configuration: undefined, loaded: undefined, findings };
  }
}

function fileProblem(subject: string, { what, mend }: { readonly what: string; readonly mend: string }): Finding {
  return new Subject("configuration", subject).problem({ what, why: "the server does not start with it", mend });
}

function secretsOf(from: {
  readonly environment: Environment;
  readonly configuration: Configuration | undefined;
  readonly mask: SecretMask;
  readonly logger: Logger;
}): Secrets | undefined {
  const { environment, configuration, mask, logger } = from;
  if (configuration === undefined) return undefined;
  return new Secrets({ sources: configuration.secrets, variables: environment.variables, mask, logger });
}

function secretProblem(what: string): Finding {
  const why = "the server does not start without it";
  return new Subject("configuration", "secrets").problem({ what, why, mend: "do as the message says" });
}

/** What others would write into the log of the program is a finding here. */
function warningsInto(findings: Finding[], clock: Clock): Logger {
  const about = new Subject("configuration", "secrets");
  const write = (line: string): void => {
    const { message, file = "" }: { message: string; file?: string } = JSON.parse(line);
    const why = "whoever reads it can act as Quarterdeck";
    findings.push(about.warning({ what: `${message} ${file}`.trim(), why, mend: `run: chmod 600 ${file}` }));
  };
  return createLogger({ level: "warn", mask: new SecretMask(), now: () => clock.now(), write });
}

function localProbes({ dataFolder: folder, instanceSecret: configured, redisUrl }: Environment): readonly Probe[] {
  const hasWorkers = redisUrl !== undefined;
  const probes: Probe[] = [
    { area: "data", subject: folder, look: () => dataFolder({ folder, server: serverOn(folder) }) },
    { area: "data", subject: "log", look: async () => logFile(() => openLog(folder)) },
    { area: "data", subject: "secret", look: () => instanceSecret({ folder, configured, hasWorkers }) },
  ];
  if (redisUrl === undefined) return probes;
  return [...probes, { area: "redis", subject: "REDIS_URL", look: () => redis(() => redisFacts(redisUrl)) }];
}

async function neededNode(): Promise<string> {
  const Package = z.looseObject({ engines: z.looseObject({ node: z.string() }) });
  const text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  return Package.parse(JSON.parse(text)).engines.node;
}

function readArguments(args: readonly string[]): boolean {
  try {
    return parseArgs({ args: [...args], options: { json: { type: "boolean" } } }).values.json === true;
  } catch (cause) {
    throw new AppError("Usage: quarterdeck doctor [--json]", { code: "usage", cause });
  }
}
