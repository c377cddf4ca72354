import { canonicalJson } from "../../../src/platform/canonical-json.ts";
import { decideStarts } from "../../../src/triggers/decide-starts.ts";
import type { Reading } from "../../../src/triggers/trigger-kind.ts";
import { ARRIVES_AT, delivered, proofsOf, TRIGGER_SAMPLES, type TriggerSample } from "../../support/trigger-samples.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const TRIGGER = {
  starts: [
    { command: "told", inputs: {} },
    { command: "told", when: "${{ string(event) == 'x' }}", inputs: { what: "${{ event }}" } },
  ],
  oldestMs: 86_400_000,
};

/** What vendors post: the number of the sample whose headers it comes with, a line end, and the body. */
export const target: FuzzTarget = {
  seeds: TRIGGER_SAMPLES.map(({ body }, index) => `${index}\n${body.toString("latin1")}`),
  words: [
    '"action":"completed"',
    '"conclusion":"success"',
    '"head_sha":"0123456789012345678901234567890123456789"',
    '"digest":"sha256:',
    '"ref":"refs/heads/main"',
    '"ref":"refs/tags/v1"',
    '"events":[',
    "payload=%7B",
    "2026-11-22T06:00:00Z",
    "0123456789012345678901234567890123456789",
    '"specversion":"1.0"',
    '"Records":[',
    '"eventName":"s3:ObjectCreated:Put"',
  ],
  longest: 60_000,
  async run(input) {
    const end = input.indexOf("\n");
    const sample = TRIGGER_SAMPLES[Number(input.slice(0, Math.max(0, end))) % TRIGGER_SAMPLES.length];
    const chosen = sample ?? TRIGGER_SAMPLES[0];
    if (chosen === undefined) throw new TypeError("there is no sample");
    const body = Buffer.from(input.slice(end + 1), "latin1");
    const delivery = delivered(chosen, { body });
    const proofs = proofsOf(chosen);
    // Whoever signs it is believed; what is in it decides nothing of that.
    if (chosen.kind.proof === "secret") {
      must((await chosen.kind.verify(delivery, proofs)) === undefined, "what is signed is believed");
      must(
        (await chosen.kind.verify({ ...delivery, body: Buffer.concat([body, Buffer.from(" ")]) }, proofs)) !==
          undefined || !isSigned(chosen),
        "what was changed is not",
      );
    }
    const reading = await chosen.kind.read(delivery, proofs.settings);
    checkReading(chosen, reading);
    return summary(reading);
  },
};

/** Whether the proof is about the body, and not only about whoever has it. */
function isSigned(sample: TriggerSample): boolean {
  const headers = Object.values(delivered(sample, { body: Buffer.from("a") }).headers).join("\n");
  return headers !== Object.values(delivered(sample, { body: Buffer.from("b") }).headers).join("\n");
}

function checkReading({ kind }: TriggerSample, reading: Reading): void {
  if (reading.kind === "unreadable" || reading.kind === "nothing")
    must(/^[^\n]{5,500}$/u.test(reading.reason), "the reason is one line");
  if (reading.kind !== "events") return;
  must(reading.delivery.length <= 200, "the delivery has a short id");
  for (const { event, content, says, causedBy = [] } of reading.events) {
    must(
      canonicalJson(kind.event.parse(event)) === canonicalJson(JSON.parse(JSON.stringify(event))),
      "it has its type",
    );
    must(canonicalJson(content).length > 0 && says.length <= 300 && !says.includes("\n"), "it says what it is");
    must(
      causedBy.every((mail) => mail.includes("@")),
      "those who caused it have addresses",
    );
  }
  const decisions = decideStarts(TRIGGER, { events: reading.events, at: ARRIVES_AT });
  must(decisions.length >= reading.events.length, "each of them is decided on");
}

function summary(reading: Reading): unknown {
  if (reading.kind === "events") return reading.events.map(({ says }) => says);
  return reading.kind === "handshake" ? reading.answer.status : reading.reason;
}
