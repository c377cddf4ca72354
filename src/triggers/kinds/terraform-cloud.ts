import { z } from "zod";

import { textAnswer } from "../../http/http-route.ts";
import type { JsonMap } from "../../platform/canonical-json.ts";
import type { Reading, TriggerKind } from "../trigger-kind.ts";
import { deliveryId } from "./delivery-id.ts";
import { eventTime } from "./event-time.ts";
import { readingOf, type Fact } from "./fact.ts";
import { admitHmac, verifyHmac, type HmacProof } from "./hmac-proof.ts";
import { oneLine, webLink } from "./one-line.ts";
import { readJsonMap } from "./read-json.ts";
import { readShape } from "./read-shape.ts";
import { OptionalText } from "./vendor-fields.ts";

const Settings = z.strictObject({});

const TerraformEvent = z.strictObject({
  trigger: z.string().meta({ description: "What happened: `run:completed`, `run:errored`, `assessment:drifted`…" }),
  organization: z.string().meta({ description: "The organization" }),
  workspace: z.string().meta({ description: "The name of the workspace" }),
  workspaceId: z.string().meta({ description: "Its id, such as `ws-…`" }),
  run: z.string().meta({ description: "The id of the run, such as `run-…`; empty for an assessment" }),
  status: z.string().meta({ description: "The status of the run, such as `applied` or `planned_and_finished`" }),
  message: z.string().meta({ description: "What was said when the run was queued" }),
  sender: z.string().meta({ description: "Who queued the run, by user name" }),
});
type TerraformEvent = z.infer<typeof TerraformEvent>;

const RunNotification = z.looseObject({
  run_url: OptionalText,
  run_id: OptionalText,
  run_message: OptionalText,
  run_created_by: OptionalText,
  workspace_id: OptionalText,
  workspace_name: OptionalText,
  organization_name: OptionalText,
  notifications: z
    .array(z.looseObject({ trigger: z.string().max(100), run_status: OptionalText, run_updated_at: OptionalText }))
    .min(1)
    .max(100),
});
type RunNotification = z.infer<typeof RunNotification>;

const AssessmentNotification = z.looseObject({
  trigger: z.string().max(100),
  trigger_scope: z.literal("assessment"),
  details: z.looseObject({
    new_assessment_result: z.looseObject({ id: z.string().max(100), created_at: OptionalText }),
    workspace_id: OptionalText,
    workspace_name: z.string().min(1).max(200),
    organization_name: OptionalText,
  }),
});

const PROOF: HmacProof = {
  kind: "hmac",
  header: "x-tfe-notification-signature",
  algorithm: "sha512",
  encoding: "hex",
  prefix: "",
};

/** Notifications of a workspace of HCP Terraform and Terraform Enterprise, with a token. */
export const terraformCloudKind: TriggerKind<z.infer<typeof Settings>> = {
  name: "terraform-cloud",
  summary: "Runs and assessments of HCP Terraform and Terraform Enterprise",
  settings: Settings,
  event: TerraformEvent,
  proof: "secret",
  contentTypes: ["application/json"],
  admit: (head) => admitHmac(head, PROOF),
  verify: (delivery, { secrets }) => verifyHmac(delivery, PROOF, secrets),
  read({ body }) {
    const payload = readJsonMap(body);
    if (payload.kind === "unreadable") return payload;
    const id = deliveryId(undefined, body);
    return "trigger_scope" in payload.value ? assessment(payload.value, id) : runNotification(payload.value, id);
  },
};

function runNotification(payload: JsonMap, id: string): Reading {
  const read = readShape(payload, RunNotification, "notification of a run");
  if (read.kind === "unreadable") return read;
  const { notifications } = read.value;
  // Sent when the notification is made or switched on, which wants an answer of 200.
  if (notifications.some(({ trigger }) => trigger === "verification")) {
    return { kind: "handshake", answer: textAnswer(200, "It works.") };
  }
  return readingOf(
    id,
    notifications.map((one) => runFact(read.value, one)),
  );
}

function runFact(run: RunNotification, one: RunNotification["notifications"][number]): Fact {
  const event: TerraformEvent = {
    trigger: one.trigger,
    organization: run.organization_name,
    workspace: run.workspace_name,
    workspaceId: run.workspace_id,
    run: run.run_id,
    status: one.run_status,
    message: run.run_message,
    sender: run.run_created_by,
  };
  const where = `${event.organization}/${event.workspace}`;
  return {
    kind: "fact",
    fact: {
      event,
      content: ["run", run.workspace_id, run.run_id, one.trigger, one.run_status],
      says: oneLine(`A run of ${where} is ${one.run_status || one.trigger}`),
      link: webLink(run.run_url),
      happenedAt: eventTime(one.run_updated_at),
    },
  };
}

function assessment(payload: JsonMap, id: string): Reading {
  const read = readShape(payload, AssessmentNotification, "notification of an assessment");
  if (read.kind === "unreadable") return read;
  const { trigger, details } = read.value;
  const { new_assessment_result: result, workspace_id: workspaceId, workspace_name: workspace } = details;
  const organization = details.organization_name;
  const event: TerraformEvent = {
    trigger,
    organization,
    workspace,
    workspaceId,
    run: "",
    status: "",
    message: "",
    sender: "",
  };
  const fact = {
    event,
    content: ["assessment", workspaceId, result.id, trigger],
    says: oneLine(`${trigger} in ${organization}/${workspace}`),
    happenedAt: eventTime(result.created_at),
  };
  return readingOf(id, [{ kind: "fact", fact }]);
}
