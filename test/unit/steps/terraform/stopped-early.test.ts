import { describe, expect, it } from "vitest";

import { earlyEnd, isStale } from "../../../../src/steps/terraform/stopped-early.ts";
import { recordedLines } from "../../../support/fake-terraform.ts";
import { complaint, messagesOf } from "./recorded-stream.ts";

const LOCK = `Error message: resource temporarily unavailable
Lock Info:
  ID:        87ee096a-a366-4145-688f-3792a0c4bf44
  Path:      terraform.tfstate
  Operation: OperationTypeApply
  Who:       ana@laptop
  Version:   1.11.4
  Created:   2026-11-21 20:48:15.370324357 +0000 UTC
  Info:


Terraform acquires a state lock to protect the state from being written
by multiple users at the same time.`;

function endOf(lines: readonly string[], lastWords = "") {
  const diagnostics = messagesOf(lines).flatMap((message) =>
    message.type === "diagnostic" ? [message.diagnostic] : [],
  );
  return { diagnostics, lastWords, exitCode: 1, endedBy: undefined };
}

describe("a call that did not do what it was for", () => {
  it("waits for the lock of the state, and says who holds it and since when", () => {
    const end = earlyEnd(endOf([complaint("Error acquiring the state lock", LOCK)]), "terraform plan");
    expect(end).toEqual({
      kind: "locked",
      code: "terraform.state-locked",
      message:
        "terraform plan waits: the state is locked by ana@laptop for apply since 2026-11-21 20:48:15 UTC " +
        "(lock 87ee096a-a366-4145-688f-3792a0c4bf44). If nobody is at work there any more, unlock it by hand",
    });
    expect(earlyEnd(endOf([complaint("Error acquiring the state lock", "Who knows")]), "plan").kind).toBe("locked");
  });

  it.each([
    "Error message: decryption failed for all provided methods\nattempted decryption failed for state",
    "Error message: 2 problems:\n\n- Unsupported state file format: The state file could not be parsed as JSON",
    "Error message: open .terraform.tfstate.lock.info: permission denied",
    "Error message: open terraform.tfstate: is a directory",
  ])("does not wait for a lock where it is the state itself that cannot be had: %s", (detail) => {
    expect(earlyEnd(endOf([complaint("Error acquiring the state lock", detail)]), "tofu plan")).toMatchObject({
      kind: "failed",
      failure: { code: "terraform.failed", message: expect.stringContaining(detail.split("\n")[0] ?? detail) },
    });
  });

  it.each([
    "dial tcp: lookup registry.terraform.io: no such host",
    "Get https://s3.eu.amazonaws.com/x: dial tcp 10.0.0.1:443: connect: connection refused",
    "could not connect to registry.terraform.io: failed to request discovery document: net/http: TLS handshake timeout",
    "operation error S3: GetObject, https response error StatusCode: 503",
  ])("waits where it could not reach something: %s", (detail) => {
    const end = earlyEnd(endOf([complaint("Failed to query available provider packages", detail)]), "init");
    expect(end).toMatchObject({ kind: "unreachable", code: "terraform.unreachable" });
  });

  it("does not wait where something else is wrong as well", () => {
    const lines = [complaint("Failed", "dial tcp: connection refused"), complaint("Unsupported argument")];
    expect(earlyEnd(endOf(lines), "plan").kind).toBe("failed");
  });

  it("fails with the errors, their files and their lines", () => {
    const end = earlyEnd(endOf(recordedLines("plan-error.jsonl")), "terraform plan for infra");
    expect(end).toMatchObject({
      kind: "failed",
      failure: {
        code: "terraform.failed",
        retry: "never",
        details: {
          diagnostics: [
            { file: "bad.tf", line: 1 },
            { file: "bad.tf", line: 1 },
          ],
        },
      },
    });
    expect(end.kind === "failed" && end.failure.message).toMatch(
      /^terraform plan for infra failed: Unclosed configuration block \(bad\.tf:1\): There is no closing brace/u,
    );
  });

  it("fails with its last words, or with how it ended, where it gave no reason", () => {
    expect(earlyEnd(endOf([], "fork/exec: no such file"), "init")).toMatchObject({
      failure: { message: "init failed: fork/exec: no such file" },
    });
    expect(earlyEnd({ ...endOf([]), exitCode: undefined, endedBy: "SIGKILL" }, "init")).toMatchObject({
      failure: { message: "init failed: it was ended by SIGKILL and said nothing" },
    });
  });

  it("says that the program is too old where it does not know what it was told", () => {
    expect(earlyEnd(endOf([], "flag provided but not defined: -json"), "terraform init")).toMatchObject({
      failure: { code: "program.too-old", message: expect.stringContaining("Install version 1.9 or newer") },
    });
  });

  it("knows a plan that is too old, also by the words of another state", () => {
    expect(isStale(endOf(recordedLines("apply-stale-plan.jsonl")))).toBe(true);
    expect(isStale(endOf([complaint("Saved plan does not match the given state")]))).toBe(true);
    expect(isStale(endOf(recordedLines("plan-error.jsonl")))).toBe(false);
  });
});
