import { didYouMean } from "./platform/did-you-mean.ts";
import { AppError } from "./platform/errors.ts";
import { loadLean } from "./platform/lean-loading.ts";

type Role = (args: readonly string[]) => Promise<number>;

const USAGE = `Usage: quarterdeck ROLE

  serve               the server: Slack, the log, and everything that runs
  worker              executes steps for a server that has REDIS_URL
  validate [FILE]     checks the configuration and the command files, or one of them; with --json for programs
  plan FILE|NAME      what a command would do: quarterdeck plan promote --inputs service=checkout revision=abc123 environment=prod
  schedule list       when each schedule starts something next, and what
  trigger test NAME FILE  what a delivery in a file would start, and why; with --header and --verify
  steps [KIND]        the step kinds, those of your own included; a kind's page; --write FOLDER writes all pages
  schema              the JSON Schema of command files for editors, with your own step kinds; --write FILE
  doctor [--json]     looks at tokens, rights, versions, tools, clock and disk, and says how to mend each
  audit verify        proves that the log, a copy or an export of it was not altered
  audit export        writes the log out as JSON lines or CSV
  audit key           prints the public key with which anchors of the log are checked
  token create NAME   makes a token of the API; with --scopes run,read,cancel,retry; token list, token revoke NAME
  run COMMAND WORDS   starts a run on a server: quarterdeck run promote checkout abc123 to prod --follow
  logs RUN            what has happened to a run on a server; with --follow to its end
  where SERVICE       what of a service is live where, as a server knows it; with a revision, where that has come
  history [SERVICE]   the last runs of a server, and who approved them
  demo [--port N]     a simulated Slack in the browser and a simulated Argo CD, the real server between them
  demo --play [NAME]  plays a story in the terminal and checks how it ends, over sockets, Redis or HTTP
  demo --list         the plays
  help                this text

Configuration, commands and data are found through QUARTERDECK_CONFIG, QUARTERDECK_COMMANDS and QUARTERDECK_DATA.
A server is asked at QUARTERDECK_URL (http://127.0.0.1:8080 unless set) with QUARTERDECK_TOKEN.
`;

// Each role loads only what it needs: a worker does not even load the database.
const ROLES: Readonly<Record<string, () => Promise<Role>>> = {
  serve: async () => (await import("./app/serve.ts")).serve,
  worker: async () => (await import("./app/worker.ts")).worker,
  validate: async () => (await import("./app/validate.ts")).validate,
  plan: async () => (await import("./app/plan.ts")).plan,
  schedule: async () => (await import("./app/schedule.ts")).schedule,
  trigger: async () => (await import("./app/trigger-test.ts")).trigger,
  steps: async () => (await import("./app/steps.ts")).steps,
  schema: async () => (await import("./app/schema.ts")).schema,
  doctor: async () => (await import("./app/doctor.ts")).doctor,
  audit: async () => (await import("./app/audit.ts")).audit,
  token: async () => (await import("./app/token.ts")).token,
  run: async () => (await import("./app/run.ts")).run,
  logs: async () => (await import("./app/logs.ts")).logs,
  where: async () => (await import("./app/where.ts")).where,
  history: async () => (await import("./app/history.ts")).history,
  demo: async () => (await import("./app/demo.ts")).demo,
};

/** Runs the role that the arguments name; resolves with the exit code when it has ended: 2 when it was called in a wrong way. */
export async function runCli(args: readonly string[]): Promise<number> {
  const [name = "help", ...rest] = args;
  if (name === "help" || name === "--help" || name === "-h") {
    process.stdout.write(USAGE);
    return 0;
  }
  const load = ROLES[name];
  if (load === undefined) {
    const near = didYouMean(name, [...Object.keys(ROLES), "help"]);
    const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
    process.stderr.write(`There is no role "${name}".${hint}\n\n${USAGE}`);
    return 2;
  }
  try {
    const role = await loadLean(load);
    return await role(rest);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return error.code === "usage" ? 2 : 1;
  }
}
