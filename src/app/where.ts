import { z } from "zod";

import { EXIT } from "../api/client/run-ending.ts";
import { shortId } from "../platform/ids.ts";
import { connected, CONNECTION_OPTIONS, tell } from "./connected.ts";
import { roleArguments, wrongUse } from "./role-arguments.ts";
import { tableLines } from "./told-lines.ts";

const USAGE = "Usage: quarterdeck where SERVICE [REVISION] [--json] [--url URL] [--plaintext]";

const Place = z.object({
  environment: z.string(),
  health: z.string(),
  sync: z.string(),
  revision: z.string(),
  bearing: z.string().optional(),
  provenBy: z.object({ run: z.string(), requestedBy: z.string(), approvedBy: z.array(z.string()) }).optional(),
});
type Place = z.infer<typeof Place>;

const Where = z.object({ places: z.array(Place) });

/** `quarterdeck where`: what of a service is live where. */
export async function where(args: readonly string[]): Promise<number> {
  const { values, positionals } = roleArguments(args, { options: CONNECTION_OPTIONS, usage: USAGE });
  const [service, revision, ...others] = positionals;
  if (service === undefined || others.length > 0) throw wrongUse("Name a service, and a revision if you like.", USAGE);
  return await connected(values, async ({ client, signal }) => {
    const query = new URLSearchParams({ service, ...(revision !== undefined && { revision }) });
    const { body } = await client.ask({ path: `/api/where?${query.toString()}`, signal });
    if (values.json === true) tell(JSON.stringify(body));
    else for (const line of tableLines(Where.parse(body).places.map(placeRow))) tell(line);
    return EXIT.succeeded;
  });
}

function placeRow({ environment, revision, health, sync, bearing = "", provenBy }: Place): readonly string[] {
  const by = provenBy === undefined ? "" : `${shortId(provenBy.run)} by ${provenBy.requestedBy}`;
  const approved =
    provenBy === undefined || provenBy.approvedBy.length === 0 ? "" : `, approved by ${provenBy.approvedBy.join(", ")}`;
  return [environment, revision.slice(0, 7) || "?", health || "?", sync || "?", bearing, `${by}${approved}`];
}
