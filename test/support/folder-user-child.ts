import { systemClock } from "../../src/platform/clock.ts";
import { LocalFolders } from "../../src/programs/local-folders.ts";

// Uses the folder of the second name below the first until it is killed.
const [root = "", name = ""] = process.argv.slice(2);

setInterval(() => undefined, 1000);
const folders = new LocalFolders({ root, clock: systemClock });
await folders.use({ name, signal: new AbortController().signal }, async (folder) => {
  process.stdout.write(`${folder}\n`);
  await new Promise(() => undefined);
});
