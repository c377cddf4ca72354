import { h } from "./dom.js";

const SHOWN_MS = 6000;

/** Shows a short notice at the foot of the page. */
export function toast(text, kind = "problem") {
  const node = h("div", { class: `toast toast-${kind}`, role: "status" }, text);
  document.querySelector("#toasts").append(node);
  setTimeout(() => node.remove(), SHOWN_MS);
}

/** Awaits an act and shows what the person in Slack would see when it fails; undefined when it could not be done at all. */
export async function attempt(acting) {
  try {
    const result = await acting;
    if (result?.status === "failed") toast(FAILURES[result.error] ?? `Slack: ${result.error}`);
    return result;
  } catch (error) {
    toast(error.message);
    return undefined;
  }
}

const FAILURES = {
  operation_timeout: "The app did not answer within three seconds. Try again.",
  dispatch_failed: "The app is not connected. Try again.",
};
