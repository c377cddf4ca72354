import { parseStreamLine, type StreamMessage } from "../../../../src/steps/terraform/stream-message.ts";

/** The messages of lines that decide or show something. */
export function messagesOf(lines: readonly string[]): readonly StreamMessage[] {
  return lines.flatMap((text) => {
    const parsed = parseStreamLine(text);
    return parsed.kind === "message" ? [parsed.message] : [];
  });
}

/** One line of the stream. */
export function line(type: string, more: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ "@level": "info", "@message": type, type, ...more });
}

/** A line that says what becomes of a resource. */
export function planned(addr: string, action: string, more: Readonly<Record<string, unknown>> = {}): string {
  return line("planned_change", { change: { resource: { addr }, action, ...more } });
}

/** The last line but the outputs of a plan. */
export function summary(
  add: number,
  change: number,
  remove: number,
  more: Readonly<Record<string, unknown>> = {},
): string {
  return line("change_summary", { changes: { add, change, remove, import: 0, operation: "plan", ...more } });
}

/** A line with an error or a warning. */
export function complaint(summaryText: string, detail = "", more: Readonly<Record<string, unknown>> = {}): string {
  return line("diagnostic", { diagnostic: { severity: "error", summary: summaryText, detail, ...more } });
}
