import { parseArgs } from "node:util";

import { matchValues } from "../commands/match-command.ts";
import { readEnvironment } from "../config/environment.ts";
import { systemClock } from "../platform/clock.ts";
import { AppError } from "../platform/errors.ts";
import { SecretMask } from "../platform/masking.ts";
import { previewText, schedulePreview } from "../triggers/schedule/schedule-preview.ts";
import { loadFiles, usableCommands } from "./load-files.ts";
import { explained } from "./validate.ts";

const USAGE = "Usage: quarterdeck schedule list [--json]";
const SHOWN = 3;

/** `quarterdeck schedule list`: prints when each schedule starts something next, and what; from files alone. */
export async function schedule(args: readonly string[]): Promise<number> {
  const isJson = readArguments(args);
  return await explained(isJson, async () => {
    const loaded = await loadFiles(readEnvironment(new SecretMask()));
    const commands = usableCommands(loaded);
    const afterMs = systemClock.now();
    const previews = loaded.configuration.schedules.map((each) => schedulePreview(each, { afterMs, count: SHOWN }));
    const texts = previews.map((preview) =>
      previewText(preview, (values) => {
        const typed = matchValues(commands, { command: preview.command, values })?.typed;
        return typed === undefined ? preview.command : `${typed.slash} ${typed.text}`.trim();
      }),
    );
    const text = texts.length === 0 ? "There are no schedules in the configuration." : texts.join("\n\n");
    process.stdout.write(isJson ? `${JSON.stringify({ ok: true, schedules: previews })}\n` : `${text}\n`);
    return 0;
  });
}

/** Whether JSON is wanted. */
function readArguments(args: readonly string[]): boolean {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { json: { type: "boolean" } },
    });
    if (positionals.join(" ") === "list") return values.json === true;
  } catch (cause) {
    throw new AppError(USAGE, { code: "usage", cause });
  }
  throw new AppError(USAGE, { code: "usage" });
}
