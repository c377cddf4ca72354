import { z } from "zod";

import { tryIpRange } from "../platform/ip-range.ts";
import { quoted } from "./field-schemas.ts";

const AddressBlock = z.string().refine((text) => tryIpRange(text) !== undefined, {
  error: ({ input }) => `${quoted(input)} is no block of addresses; write one such as 10.20.0.0/16 or fd00::/8`,
});

/** Which addresses the steps of commands may send requests to. */
export const NetworkSettings = z
  .strictObject({
    "private-addresses": z.enum(["allow", "deny"]).default("deny").meta({
      description:
        "Whether HTTP and WebSocket requests and metric queries of steps may go to private addresses, this machine's own included; link-local ones, behind which clouds keep credentials, have to stand under `allow` in any case",
    }),
    allow: z
      .array(AddressBlock)
      .default([])
      .meta({ description: "Blocks of addresses that are always allowed, such as `10.20.0.0/16`" }),
  })
  .transform((network) => ({ privateAddresses: network["private-addresses"], allow: network.allow }));
