import { readFrame } from "../../../src/slack/socket-frame.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

/** What comes over a socket of Slack. */
export const target: FuzzTarget = {
  seeds: [
    '{"type":"hello","num_connections":1,"debug_info":{"host":"applink","approximate_connection_time":18060},"connection_info":{"app_id":"A1"}}',
    '{"type":"disconnect","reason":"warning","debug_info":{"host":"applink"}}',
    '{"type":"events_api","envelope_id":"e1","accepts_response_payload":false,"retry_attempt":0,"payload":{"type":"event_callback","event":{"type":"app_home_opened","user":"U1","tab":"home"}}}',
    '{"type":"slash_commands","envelope_id":"e2","accepts_response_payload":true,"payload":{"command":"/promote","text":"checkout abc to prod","team_id":"T1"}}',
    '{"type":"interactive","envelope_id":"e3","payload":{"type":"block_actions","actions":[{"action_id":"gate_approve"}]}}',
  ],
  words: ["hello", "disconnect", "events_api", "slash_commands", "interactive", "envelope_id", "payload"],
  longest: 20_000,
  run(input) {
    const frame = readFrame(input);
    if (frame.kind !== "pass") return frame;
    const value: unknown = JSON.parse(input);
    must(typeof value === "object" && value !== null && !Array.isArray(value), "what is handed on is an object");
    return frame;
  },
};
