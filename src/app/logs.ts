import { readRun, untilThere } from "../api/client/follow-run.ts";
import { EXIT } from "../api/client/run-ending.ts";
import { ToldEvent } from "../api/client/told.ts";
import { systemClock } from "../platform/clock.ts";
import { systemRandom } from "../platform/ids.ts";
import { tryJson } from "../platform/try-json.ts";
import { connected, type Connected, CONNECTION_OPTIONS, tell } from "./connected.ts";
import { roleArguments, wrongUse } from "./role-arguments.ts";
import { follow } from "./run.ts";
import { eventLine } from "./told-lines.ts";

const USAGE = `Usage: quarterdeck logs RUN [--follow] [--json] [--url URL] [--plaintext]

RUN is the id of a run or its end, such as run_7FQ2. With --follow to the end of the run, with exit codes as of "run".`;

/** `quarterdeck logs`: what has happened to a run, one line for each fact. */
export async function logs(args: readonly string[]): Promise<number> {
  const { values, positionals } = roleArguments(args, {
    options: { ...CONNECTION_OPTIONS, follow: { type: "boolean" } },
    usage: USAGE,
  });
  const [run, ...others] = positionals;
  if (run === undefined || others.length > 0) throw wrongUse("Name one run.", USAGE);
  const { follow: isFollowed = false, json: isJson = false } = values;
  return await connected(values, async (to) => {
    const deps = { client: to.client, clock: systemClock, random: systemRandom };
    const shown = await untilThere(deps, { signal: to.signal, patienceMs: 0 }, () => readRun(deps, run, to.signal));
    if (isFollowed) return await follow(to, shown, { isJson });
    await tellSoFar(to, shown, isJson);
    return EXIT.succeeded;
  });
}

/** The server would go on with what is still to come. */
async function tellSoFar(
  { client, signal }: Connected,
  { id, version }: { readonly id: string; readonly version: number },
  isJson: boolean,
): Promise<void> {
  for await (const { data } of client.events({ run: id, after: 0, signal })) {
    const event = ToldEvent.safeParse(tryJson(data)).data;
    const line = event && (isJson ? JSON.stringify(event) : eventLine(event));
    if (line !== undefined) tell(line);
    if (event !== undefined && event.version >= version) return;
  }
}
