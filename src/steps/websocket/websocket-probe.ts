import { z } from "zod";

import { SecretText } from "../../engine/secret-text.ts";
import { defineWait, type StepContext, type StepKind, type StepResult } from "../../engine/step-kind.ts";
import type { StepNotes } from "../../engine/step-notes.ts";
import { ANY, type TypeScope } from "../../expressions/expression-type.ts";
import type { Clock } from "../../platform/clock.ts";
import { assertionOver, readBody, whyNot } from "../network/answer-check.ts";
import type { NetworkPolicy } from "../network/address-policy.ts";
import type { ProbeTarget } from "../network/good-in-a-row.ts";
import { PatienceShape, ProbeOutput, runProbe, targetNames, targetShape, targetUrls } from "../network/probe-input.ts";
import { PROBE_FAILURES } from "../network/probe-notes.ts";
import { RequestShape, requestParts } from "../network/request-input.ts";
import type { LookAtSocket, SocketCall } from "./socket-look.ts";

const MAX_BYTES = 1024 * 1024;

const SCOPE: TypeScope = {
  message: {
    kind: "object",
    name: "message",
    fields: { text: { kind: "string" }, json: ANY, latency: { kind: "int" } },
  },
};

const Input = z.strictObject({
  ...targetShape(["wss:", "ws:"]),
  ...RequestShape,
  protocol: z
    .string()
    .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/u, "the name of a sub-protocol is expected")
    .optional()
    .meta({ description: "The sub-protocol that the server has to take" }),
  send: SecretText.optional().meta({ description: "Sent as text once the socket is open" }),
  text: z.string().min(1).optional().meta({ description: "What has to stand in a message of the server" }),
  assert: z.array(assertionOver(SCOPE)).optional().meta({
    description:
      "Conditions in CEL over `message.text`, `.json` and `.latency` (in milliseconds), all of which have to hold for one message; without these and `text` an open socket is enough",
  }),
  ...PatienceShape,
});
type Input = z.infer<typeof Input>;

const NOTES: StepNotes = {
  failures: PROBE_FAILURES,
  example: `id: feed
uses: websocket/probe
with:
  url: wss://checkout.example.com/feed
  send: '{"type":"ping"}'
  assert: [message.json.type == 'pong']
  good-in-a-row: 3
`,
};

export interface WebsocketProbeDeps {
  readonly look: LookAtSocket;
  readonly networkPolicy: () => NetworkPolicy;
  readonly clock: Clock;
}

/** Opens WebSockets until each of them has answered so many times in a row. */
export function websocketProbe(deps: WebsocketProbeDeps): StepKind {
  return defineWait({
    kind: "websocket/probe",
    summary: "Waits until WebSockets can be opened and answer as they have to, so many times in a row.",
    input: Input,
    output: ProbeOutput,
    notes: NOTES,
    run: (input, context) => probe(deps, input, context),
  });
}

async function probe(deps: WebsocketProbeDeps, input: Input, context: StepContext): Promise<StepResult<ProbeOutput>> {
  const { headers, bearer, basic, tls, timeout, protocol, send } = input;
  const urls = targetUrls(input);
  const names = targetNames(urls);
  const parts = await requestParts({ headers, bearer, basic, tls, timeout });
  const targets = urls.map((url, index): ProbeTarget => ({
    name: names[index] ?? url.origin,
    look: (signal) =>
      deps.look({
        url,
        ...parts,
        policy: deps.networkPolicy(),
        protocol,
        message: send,
        judge: judgeOf(input),
        maxBytes: MAX_BYTES,
        signal,
      }),
  }));
  return await runProbe(deps.clock, { targets, patience: input, context });
}

function judgeOf({ text, assert }: Input): SocketCall["judge"] {
  if (text === undefined && assert === undefined) return undefined;
  return ({ body, latencyMs }) => {
    const read = readBody({ body, isCut: false });
    if (text !== undefined && !read.text.includes(text)) return `the message does not hold ${JSON.stringify(text)}`;
    const message = { text: read.text, json: read.json ?? null, latency: latencyMs };
    const problems = (assert ?? []).flatMap((condition) => whyNot(condition, { message }) ?? []);
    return problems.length === 0 ? undefined : problems.join("; ");
  };
}
