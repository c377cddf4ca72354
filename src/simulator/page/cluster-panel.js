import { h, icon, ICONS } from "./dom.js";

/**
 * Shows the applications of the simulated Argo CD. The state is `{ applications: [{ name, revision, sync, health, operation?,
 * pods: [{ name, revision?, status }] }] }`; `sync`, `health` and `operation` are texts or objects with `status` or `phase`.
 */
export function showCluster(root, state) {
  const applications = state?.applications ?? state?.apps ?? [];
  const groups = Map.groupBy(applications, (application) => application.environment ?? application.namespace ?? "");
  const nodes = [...groups].map(([environment, members]) =>
    h("section", {}, environment === "" ? [] : h("h3", {}, environment), members.map(applicationCard)),
  );
  root.replaceChildren(...(nodes.length === 0 ? [h("p", { class: "empty" }, "No applications yet.")] : nodes));
}

function applicationCard(application) {
  const health = word(application.health, "Unknown");
  const sync = word(application.sync, "Unknown");
  const operation = word(application.operation, "");
  const pods = application.pods ?? [];
  return h(
    "article",
    { class: "application" },
    h(
      "header",
      {},
      h("strong", {}, application.name),
      h("code", { title: application.revision ?? "" }, short(application.revision)),
    ),
    h(
      "p",
      { class: "states" },
      badge(health, HEALTH_MARKS),
      badge(sync, SYNC_MARKS),
      operation === "" ? [] : badge(operation, OPERATION_MARKS),
    ),
    pods.length === 0 ? [] : h("ul", { class: "pods" }, pods.map(podEntry)),
  );
}

const HEALTH_MARKS = { Healthy: "good", Progressing: "busy", Degraded: "bad", Missing: "bad", Suspended: "idle" };
const SYNC_MARKS = { Synced: "good", OutOfSync: "warn" };
const OPERATION_MARKS = { Running: "busy", Succeeded: "good", Failed: "bad", Error: "bad", Terminating: "warn" };
const POD_MARKS = {
  Running: "good",
  Ready: "good",
  Healthy: "good",
  Pending: "busy",
  Progressing: "busy",
  ContainerCreating: "busy",
  Starting: "busy",
  Terminating: "idle",
  Succeeded: "good",
};

function badge(text, marks) {
  return h("span", { class: `state state-${marks[text] ?? "idle"}` }, text);
}

function podEntry(pod) {
  const status = word(pod.status ?? pod.phase ?? pod.health, "Unknown");
  const revision = pod.revision ?? pod.image?.split(":").at(-1) ?? "";
  return h(
    "li",
    { title: `${pod.name}: ${status}` },
    h("span", { class: `dot dot-${POD_MARKS[status] ?? "bad"}` }),
    h("span", { class: "pod-name" }, pod.name),
    h("code", {}, short(revision)),
  );
}

function word(value, otherwise) {
  if (typeof value === "string" && value !== "") return value;
  return value?.status ?? value?.phase ?? otherwise;
}

/** The first seven characters of a full commit; anything else as it is. */
function short(revision = "") {
  return /^[0-9a-f]{40}$/u.test(revision) ? revision.slice(0, 7) : revision;
}

/** The switch of the panel and its title. */
export function clusterTitle() {
  return [icon(...ICONS.cluster), h("span", {}, "Argo CD")];
}
