import { h } from "./dom.js";
import { imageLabel } from "./image-label.js";

// The order in which revisions usually travel; other environments stand between these.
const ORDER = ["dev", "test", "staging", "qa", "prod"];

/** Shows the state of the simulated Argo CD: its Applications by service, with what is live, its health and its pods. */
export function showCluster(root, state) {
  const groups = Map.groupBy(state.applications.toSorted(byEnvironment), ({ service, project }) => service || project);
  const nodes = [...groups].map(([service, applications]) =>
    h("section", {}, h("h3", {}, service), applications.map(applicationCard)),
  );
  const down = state.controller === "down" && h("p", { class: "controller-down" }, "The controller is down");
  root.replaceChildren(...[down, ...nodes].filter(Boolean));
}

function byEnvironment(one, other) {
  return orderOf(one.environment) - orderOf(other.environment);
}

function orderOf(environment) {
  return ORDER.includes(environment) ? ORDER.indexOf(environment) : 1.5;
}

const HEALTH_MARKS = { Healthy: "good", Progressing: "busy", Degraded: "bad", Missing: "bad" };
const SYNC_MARKS = { Synced: "good", OutOfSync: "warn" };
const OPERATION_MARKS = { Pending: "busy", Running: "busy", Terminating: "warn", Failed: "bad", Error: "bad" };

function applicationCard({ name, liveRevision, health, sync, operation, pods }) {
  // An operation that succeeded is what all the rest shows already.
  const phase = operation === null || operation.phase === "Succeeded" ? "" : operation.phase;
  return h(
    "article",
    { class: "application" },
    h("header", {}, h("strong", {}, name), h("code", { title: liveRevision }, short(liveRevision))),
    h(
      "p",
      { class: "states" },
      badge(health, HEALTH_MARKS),
      badge(sync, SYNC_MARKS),
      phase !== "" && badge(`Sync ${phase.toLowerCase()}`, { [`Sync ${phase.toLowerCase()}`]: OPERATION_MARKS[phase] }),
    ),
    phase !== "" && h("p", { class: "operation" }, short(operation.revision), " ", operation.message),
    pods.length > 0 && h("ul", { class: "pods" }, pods.map(podEntry)),
  );
}

function badge(text, marks) {
  return h("span", { class: `state state-${marks[text] ?? "idle"}` }, text || "Unknown");
}

const WAITING = new Set(["Pending", "ContainerCreating", "Running", "PodInitializing", "Init"]);

function podEntry({ name, image, reason, ready }) {
  return h(
    "li",
    { title: `${name}: ${reason}` },
    h("span", { class: `dot dot-${podMark(reason, ready)}` }),
    h("span", { class: "pod-name" }, name),
    !ready && h("small", {}, reason === "Running" ? "not ready" : reason),
    h("code", { title: image }, imageLabel(image)),
  );
}

function podMark(reason, ready) {
  if (ready || reason === "Completed") return "good";
  if (reason === "Terminating") return "idle";
  return WAITING.has(reason) ? "busy" : "bad";
}

/** The first seven characters of a full commit; anything else as it is. */
function short(revision) {
  return /^[0-9a-f]{40}$/u.test(revision) ? revision.slice(0, 7) : revision;
}
