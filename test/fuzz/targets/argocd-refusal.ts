import { ArgocdError } from "../../../src/argocd/argocd-errors.ts";
import { classifyResponse } from "../../../src/argocd/classify-response.ts";
import { readRecording } from "../../unit/argocd/recording.ts";
import { type FuzzTarget, must } from "../fuzz-target.ts";

const refusals = ["reads-and-errors", "sync-refusals", "auto-sync", "sync-windows"]
  .flatMap((name) => readRecording(name))
  .flatMap(({ response }) =>
    response !== undefined && response.status >= 300
      ? [`${response.status}\napplication/json\n${bodyText(response.body)}`]
      : [],
  );

/** What Argo CD, or whatever stands before it, answers instead: status, type, body. */
export const target: FuzzTarget = {
  seeds: [
    ...new Set(refusals),
    "502\ntext/html\n<html><title>Bad gateway</title></html>",
    "302\n\n",
    "500\napplication/json\n{}",
    "403\ntext/plain\npermission denied",
  ],
  words: [
    "200\n",
    "301\n",
    "400\n",
    "401\n",
    "403\n",
    "404\n",
    "415\n",
    "429\n",
    "500\n",
    "503\n",
    '"message":',
    '"error":',
    '"code":7',
    "permission denied: ",
    "sync window",
    "another operation is already in progress",
    "auto-sync currently set to",
    "<html",
  ],
  longest: 70_000,
  run(input) {
    const [status = "", contentType = "", ...rest] = input.split("\n");
    const response = {
      what: "sync of argocd/checkout",
      status: Math.trunc(Math.abs(Number(status) || 500)) % 1000,
      contentType,
      body: rest.join("\n"),
    };
    const error = classifyResponse({ ...response, location: contentType });
    must(
      error instanceof ArgocdError && error.message.length < 4000,
      "whatever is said is one error of limited length",
    );
    return [error.class, error.retry, error.message];
  },
};

function bodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}
