import { type Logger as SdkLogger, LogLevel } from "@slack/web-api";

import type { Logger } from "../platform/logger.ts";

/** Our log behind the face that Slack's SDK expects. Its debug lines hold whole payloads, so they are left out. */
export function sdkLogger(logger: Logger): SdkLogger {
  return {
    debug: () => undefined,
    info: (...parts: readonly unknown[]) => logger.debug("Slack SDK", { text: text(parts) }),
    warn: (...parts: readonly unknown[]) => logger.warn("Slack SDK", { text: text(parts) }),
    error: (...parts: readonly unknown[]) => logger.warn("Slack SDK", { text: text(parts) }),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}

function text(parts: readonly unknown[]): string {
  return parts.map(String).join(" ").slice(0, 1000);
}
