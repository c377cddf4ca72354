import { ipBytes, tryIpRange } from "../../../src/platform/ip-range.ts";
import { bodyProblems, isStatusWanted, readBody } from "../../../src/steps/network/answer-check.ts";
import { whyRefused } from "../../../src/steps/network/address-policy.ts";
import { CallError } from "../../../src/steps/network/call-failure.ts";
import { type Hop, redirected } from "../../../src/steps/network/redirect.ts";
import { readMetricAnswer } from "../../../src/steps/metrics/instant-vector.ts";
import { whyBeyond } from "../../../src/steps/metrics/judge-samples.ts";
import { openingAt } from "../../../src/steps/timing/opening.ts";
import { tryCron } from "../../../src/steps/timing/cron-schedule.ts";
import { WindowShape } from "../../../src/steps/timing/window-input.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const CONDITIONS = [
  "response.json.status == 'success'",
  "response.json.data.result.all(each, each.value[1] != 'NaN')",
  "size(response.text) > 10",
  "response.headers['content-type'].startsWith('application/json')",
];

const HOP: Hop = {
  method: "POST",
  url: new URL("https://api.example.com/a/b?c=1"),
  headers: { authorization: "Bearer secret" },
  body: "secret",
  tls: { cert: "secret" },
};
const NOW = Date.UTC(2026, 10, 21);

/** What servers answer to the steps that probe, ask and check, and the short texts by which steps are told where and when. */
export const target: FuzzTarget = {
  seeds: [
    '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"job":"a"},"value":[1795000000.1,"0.5"]}]}}',
    '{"status":"error","errorType":"bad_data","error":"parse error"}',
    '{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]},"warnings":["w"]}',
    "https://other.example.com/there",
    "//user:password@other.example.com/",
    "../c?d#e",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "10.0.0.0/8",
    "*/15 9-17 * jan-mar mon-fri",
    "22:00-02:00",
  ],
  words: [
    "result",
    "value",
    "NaN",
    "+Inf",
    "vector",
    "http:",
    "https:",
    "file:",
    "::",
    "127.0.0.1",
    "/",
    "@",
    "*/",
    "@daily",
  ],
  longest: 60_000,
  run(input) {
    const body = Buffer.from(input, "latin1");
    const answer = { status: 200, headers: {}, body, isCut: false, url: "u", redirects: 0, latencyMs: 1 };
    const read = readBody(answer);
    const metrics = readMetricAnswer(read.json);
    const beyond = metrics?.kind === "samples" ? whyBeyond(metrics.samples, { below: 1 }) : metrics;
    return [
      bodyProblems(answer, read, { assert: CONDITIONS, text: "success" }),
      isStatusWanted(200, "2xx"),
      beyond,
      redirectedTo(input),
      addressOf(input),
      openings(input),
    ];
  },
};

/** Nothing that was meant for one origin gets to another, or out of TLS. */
function redirectedTo(location: string): unknown {
  try {
    const results = [302, 303, 307].map((status) => redirected(HOP, { status, location }));
    for (const hop of results) {
      if (hop === undefined) continue;
      must(hop.url.protocol === "https:", "a redirect stays in TLS");
      must(hop.url.username === "" && hop.url.password === "", "a redirect brings no credentials");
      const isSame = hop.url.origin === HOP.url.origin;
      must(
        isSame || !JSON.stringify([hop.headers, hop.body ?? "", hop.tls]).includes("secret"),
        "nothing is handed on",
      );
    }
    return results.map((hop) => hop?.url.href);
  } catch (error) {
    if (error instanceof CallError) return error.code;
    throw error;
  }
}

/** Whatever is refused in itself is refused where private addresses are allowed, too. */
function addressOf(text: string): unknown {
  const strict = whyRefused(text, { privateAddresses: "deny", allow: [] });
  const open = whyRefused(text, { privateAddresses: "allow", allow: [] });
  must(strict !== undefined || open === undefined, "allowing more refuses no more");
  const bytes = ipBytes(text);
  must(bytes === undefined || bytes.length === 4 || bytes.length === 16, "an address has 4 or 16 bytes");
  return [strict, open, tryIpRange(text)?.bits];
}

function openings(text: string): unknown {
  const schedule = tryCron(text);
  const rules = schedule === undefined ? [] : [{ kind: "cron", schedule, forMs: 3_600_000, zone: "UTC" } as const];
  const { days, hours } = WindowShape;
  return [openingAt(rules, NOW), days.safeParse(text).success, hours.safeParse(text).success];
}
