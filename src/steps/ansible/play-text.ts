import type { HostCounts, PlayEvent } from "./event-line.ts";

/** The lines of the log that an event is, as people read them; none for one that is only bookkeeping. */
export function eventText(event: PlayEvent): readonly string[] {
  switch (event.type) {
    case "play":
      return ["", `PLAY [${event.name}]`];
    case "task":
      return ["", `${event.isHandler ? "HANDLER" : "TASK"} [${event.name}]`];
    case "result":
      return [resultText(event)];
    case "diff":
      return event.text.trimEnd().split("\n");
    case "host":
      return [`${event.host}: ${hostText(event)}`];
    case "no-hosts":
      return ["no hosts matched"];
    case "cut-short":
      return ["no hosts are left"];
    case "stat":
      return [
        `statistic ${event.host === undefined ? "" : `of ${event.host} `}${event.name}: ${JSON.stringify(event.value)}`,
      ];
    case "notified":
      return event.isAgain ? [`handler ${event.handler} is owed on ${event.host} and notified again`] : [];
    case "playbook":
    case "inventory":
    case "play-hosts":
    case "batch":
    case "stat-too-large":
    case "end":
      return [];
  }
}

/** `ok=5 changed=2`, without what is nought. */
export function hostText({ ok, changed, failed, unreachable, skipped, rescued, ignored }: HostCounts): string {
  const all = { ok, changed, failed, unreachable, skipped, rescued, ignored };
  const said = Object.entries(all).filter(([, count]) => count > 0);
  return said.length === 0 ? "nothing was run" : said.map(([name, count]) => `${name}=${count}`).join(" ");
}

function resultText(event: Extract<PlayEvent, { type: "result" }>): string {
  const { status, host, isChanged, isIgnored = false, message = "" } = event;
  const word = status === "ok" && isChanged ? "changed" : status;
  const head = `${word}: [${host}]${isIgnored ? " (ignored)" : ""}`;
  return message === "" ? head : `${head}: ${message}`;
}

const LONGEST = 300;

/** On one line, cut where it is long. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/gu, " ").trim();
  return line.length <= LONGEST ? line : `${line.slice(0, LONGEST - 1)}…`;
}

/** `web-1, web-2 and 5 more`. */
export function namesText(names: readonly string[]): string {
  const shown = names.slice(0, 5).join(", ");
  return names.length <= 5 ? shown : `${shown} and ${names.length - 5} more`;
}
