import { z } from "zod";

import { EXIT } from "../api/client/run-ending.ts";
import { connected, CONNECTION_OPTIONS, tell } from "./connected.ts";
import { roleArguments, wrongUse } from "./role-arguments.ts";
import { tableLines } from "./told-lines.ts";

const USAGE = "Usage: quarterdeck history [SERVICE] [ENVIRONMENT] [--by SLACK_ID] [--json] [--url URL] [--plaintext]";

const PastRun = z.object({
  shortId: z.string(),
  title: z.string(),
  status: z.string(),
  startedAt: z.string(),
  requestedBy: z.string(),
  approvedBy: z.array(z.string()),
});
type PastRun = z.infer<typeof PastRun>;

const History = z.object({ runs: z.array(PastRun) });

/** `quarterdeck history`: the last runs, the newest first. */
export async function history(args: readonly string[]): Promise<number> {
  const { values, positionals } = roleArguments(args, {
    options: { ...CONNECTION_OPTIONS, by: { type: "string" } },
    usage: USAGE,
  });
  const [service, environment, ...others] = positionals;
  if (others.length > 0) throw wrongUse(`"${others.join(" ")}" is too much.`, USAGE);
  const { by } = values;
  return await connected(values, async ({ client, signal }) => {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries({ service, environment, by }))
      if (value !== undefined) query.set(key, value);
    const { body } = await client.ask({ path: `/api/history?${query.toString()}`, signal });
    if (values.json === true) tell(JSON.stringify(body));
    else for (const line of tableLines(History.parse(body).runs.map(runRow))) tell(line);
    return EXIT.succeeded;
  });
}

function runRow({ shortId, title, status, startedAt, requestedBy, approvedBy }: PastRun): readonly string[] {
  // Last what may be long, as one that names an image by its digest: nothing stands to the right of it.
  const approved = approvedBy.length === 0 ? "" : `, approved by ${approvedBy.join(", ")}`;
  return [startedAt.slice(0, 16).replace("T", " "), shortId, status, `${requestedBy}${approved}`, title];
}
