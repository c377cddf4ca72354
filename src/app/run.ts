import { z } from "zod";

import { followRun, untilThere } from "../api/client/follow-run.ts";
import { endingText, EXIT, exitCodeOf } from "../api/client/run-ending.ts";
import { ToldRun } from "../api/client/told.ts";
import { quoteToken } from "../commands/slash-text.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { systemRandom } from "../platform/ids.ts";
import { connected, type Connected, tell } from "./connected.ts";
import { eventLine, progressLine } from "./told-lines.ts";

const USAGE = `Usage: quarterdeck run COMMAND WORDS... [--follow] [--idempotency-key KEY] [--because TEXT] [--link URL] [--json] [--url URL] [--plaintext]

COMMAND is the name of a command's file and WORDS what is typed after it: quarterdeck run promote checkout abc123 to prod --follow.
The server is QUARTERDECK_URL, the token QUARTERDECK_TOKEN.
Ends with 0 when the run was started or, with --follow, has succeeded; 1 failed; 2 refused; 3 cancelled, rejected or expired; 4 no server.`;

const OWN = new Set(["--idempotency-key", "--because", "--link", "--url"]);
const FLAGS = new Set(["--follow", "--json", "--plaintext"]);
// Somebody at a terminal is told soon; a job that follows the run waits as long as an upgrade of the server takes.
const PATIENCE_MS = { asking: 30_000, following: 180_000 };
const ASK_AGAIN_MS = 1000;
// A line of a log that somebody reads afterwards.
const PROGRESS_EVERY_MS = 10_000;
// As long as the server itself looks into what was asked.
const DECIDED_WITHIN_MS = 16 * 60_000;

interface Asked {
  readonly command: string;
  readonly words: string;
  readonly options: ReadonlyMap<string, string>;
}

const Acted = z.object({ message: z.string(), run: ToldRun });
const Pending = z.object({
  request: z.object({ state: z.literal("pending"), url: z.string().startsWith("/api/requests/") }),
});

/** `quarterdeck run`: starts a run on a server, and follows it. */
export async function run(args: readonly string[]): Promise<number> {
  const asked = readArguments(args);
  const { options } = asked;
  const isJson = options.has("--json");
  return await connected({ url: options.get("--url"), plaintext: options.has("--plaintext") }, async (to) => {
    const started = await start(to, asked);
    if (!isJson) tell(started.message);
    if (options.has("--follow")) return await follow(to, started.run, { isJson });
    if (isJson) tell(JSON.stringify(started.run));
    else hint(started.run);
    return EXIT.succeeded;
  });
}

/** Follows a run to its end and says how it ended. */
export async function follow(
  { client, signal }: Connected,
  { id, shortId }: Pick<ToldRun, "id" | "shortId">,
  { isJson }: { readonly isJson: boolean },
): Promise<number> {
  const deps = { client, clock: systemClock, random: systemRandom };
  let saidAt = -Infinity;
  try {
    const shown = await followRun(deps, {
      run: id,
      signal,
      onEvent: (event) => {
        const line = isJson ? JSON.stringify(event) : eventLine(event);
        if (line !== undefined) tell(line);
      },
      onProgress: ({ step, text }) => {
        const now = systemClock.monotonic();
        if (isJson || now - saidAt < PROGRESS_EVERY_MS) return;
        saidAt = now;
        tell(progressLine(step, text));
      },
      onAway: (message) => process.stderr.write(`${message} The run goes on; waiting.\n`),
    });
    if (isJson) tell(JSON.stringify({ run: shown }));
    else tell(endingText(shown));
    return exitCodeOf(shown);
  } catch (error) {
    process.stderr.write(
      `Not followed any more: ${shortId} goes on. To see it: quarterdeck logs ${shortId} --follow\n`,
    );
    throw error;
  }
}

/** The same request as often as it takes: by its key it is one. */
async function start({ client, signal }: Connected, { command, words, options }: Asked) {
  const [because, link] = [options.get("--because"), options.get("--link")];
  const headers = { "idempotency-key": options.get("--idempotency-key") ?? systemRandom.bytes(16).toString("hex") };
  const body = {
    words,
    ...(because !== undefined && { cause: { says: because, ...(link !== undefined && { link }) } }),
  };
  const deps = { clock: systemClock, random: systemRandom };
  const path = `/api/commands/${encodeURIComponent(command)}/runs`;
  const patienceMs = options.has("--follow") ? PATIENCE_MS.following : PATIENCE_MS.asking;
  const first = await untilThere(deps, { signal, patienceMs }, () => client.ask({ path, body, headers, signal }));
  const end = systemClock.monotonic() + DECIDED_WITHIN_MS;
  let reply = first;
  for (;;) {
    const pending = Pending.safeParse(reply.body).data;
    if (pending === undefined) return Acted.parse(reply.body);
    if (systemClock.monotonic() > end)
      throw new AppError("The server has not decided on it.", { code: "api.undecided" });
    await systemClock.sleep(ASK_AGAIN_MS, signal);
    reply = await untilThere(deps, { signal }, () => client.ask({ path: pending.request.url, signal }));
  }
}

function hint({ shortId, links: { page } }: ToldRun): void {
  tell(`To follow it: quarterdeck logs ${shortId} --follow${page === undefined ? "" : `, or ${page}`}`);
}

function readArguments(args: readonly string[]): Asked {
  const options = new Map<string, string>();
  const words: string[] = [];
  const rest = args.values();
  for (const argument of rest) {
    if (argument === "--") words.push(...rest);
    else if (FLAGS.has(argument)) options.set(argument, "");
    else if (OWN.has(argument)) {
      const { value = "", done = false } = rest.next();
      if (done) throw usage(`${argument} wants a value.`);
      options.set(argument, value);
    } else words.push(argument);
  }
  const [command, ...typed] = words;
  if (command === undefined || command.startsWith("-")) throw usage("Say which command.");
  if (options.has("--link") && !options.has("--because")) throw usage("--link goes with --because.");
  return { command, words: typed.map(wordOf).join(" "), options };
}

/** An argument as it is typed in Slack; a flag stays one. */
function wordOf(argument: string): string {
  return /^--[a-z][a-z-]*$/u.test(argument) ? argument : quoteToken(argument);
}

function usage(problem: string): AppError {
  return new AppError(`${problem}\n${USAGE}`, { code: "usage" });
}
