import { registerHooks } from "node:module";

import { z } from "zod";

// Loaded before everything else in a process that plays with a planted bug: the file never changes, only what is read of it.
const Planted = z.object({ file: z.string(), find: z.string(), replace: z.string() });
const { file, find, replace } = Planted.parse(JSON.parse(process.env["QUARTERDECK_PLANTED_BUG"] ?? "null"));

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith(`/src/${file}`)) return loaded;
    const text = typeof loaded.source === "string" ? loaded.source : new TextDecoder().decode(loaded.source);
    if (text.split(find).length !== 2) throw new Error(`${file} does not have once: ${find}`);
    return { ...loaded, source: text.replace(find, () => replace) };
  },
});
