import { act, listen, loadState } from "./api.js";
import { showCluster } from "./cluster-panel.js";
import { Composer } from "./composer.js";
import { h, icon, ICONS } from "./dom.js";
import { showHome } from "./home-tab.js";
import { showMessages } from "./messages.js";
import { Modals } from "./modals.js";
import { channelName, showSidebar } from "./sidebar.js";
import { refreshDates } from "./text.js";
import { attempt } from "./toasts.js";

const $ = (selector) => document.querySelector(selector);

/** Where the person is. The address of the page carries it, so that a reload or a second window starts there. */
const view = { user: "", channel: "", thread: "", home: false, pane: "chat" };
const modals = new Modals();
/** The `ts` up to which each person has read each channel. */
const read = new Map();
let state;
let wanted = 0;

const composer = new Composer($("#composer"), {
  target: () => ({ user: state.me, channel: state.channel }),
  commands: () => [
    ...state.app.commands,
    { command: "/invite", usageHint: "@quarterdeck", description: "Bring someone into this channel" },
  ],
});
const replyComposer = new Composer($("#reply-composer"), {
  target: () => ({ user: state.me, channel: state.channel, threadTs: view.thread }),
  commands: () => [],
});
replyComposer.placeholder = "Reply…";

/** Goes somewhere else: `{ channel, thread, home, pane }`, each as it shall be. */
function go(to) {
  const moved = to.channel !== undefined && to.channel !== view.channel;
  if (moved) Object.assign(view, { thread: "", home: false });
  Object.assign(view, to);
  view.pane = to.pane ?? (to.thread ? "thread" : "chat");
  if (to.home) void attempt(act("open-home", { user: state.me }));
  void load({ jump: moved });
}

function actAs(user) {
  view.user = user;
  void load({ jump: true });
  if (view.home) void attempt(act("open-home", { user }));
}

/** Fetches the state and shows it. Of several under way, only the newest is shown. */
async function load({ jump = false } = {}) {
  wanted += 1;
  const asked = wanted;
  const next = await loadState(view).catch(() => undefined);
  if (next === undefined || asked !== wanted) return;
  state = next;
  // Another person may not see the channel, and another start of the simulator knows nothing of the thread.
  if (view.channel !== state.channel || state.thread.length === 0) view.thread = "";
  Object.assign(view, { user: state.me, channel: state.channel ?? "" });
  remember();
  show(jump);
}

function remember() {
  const { user, channel, thread, home, pane } = view;
  const kept = {
    user,
    channel,
    ...(thread ? { thread } : {}),
    ...(home ? { home: "1" } : {}),
    ...(pane === "chat" ? {} : { pane }),
  };
  history.replaceState(null, "", `#${new URLSearchParams(kept)}`);
}

function recall() {
  const kept = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  Object.assign(view, kept, { home: kept.home === "1" });
}

function show(jump) {
  const place = placeOf(state);
  const channel = state.channels.find(({ id }) => id === state.channel);
  document.body.dataset.pane = view.pane;
  document.body.classList.toggle("has-thread", view.thread !== "" && !view.home);
  document.body.classList.toggle("at-home", view.home);
  document.body.classList.toggle("has-argo", state.hasArgo);
  for (const { id, latestTs } of state.channels) {
    const key = `${state.me}/${id}`;
    if (!read.has(key) || (id === state.channel && !view.home)) read.set(key, latestTs ?? "");
  }
  showSidebar(state, view, {
    go,
    actAs,
    isUnread: ({ id, latestTs }) => (latestTs ?? "") > (read.get(`${state.me}/${id}`) ?? ""),
  });
  showHeader(channel);
  if (view.home) showHome($("#home"), state.home, place);
  else showMessages($("#messages"), state.messages, { place, inThread: false, jump });
  showEmpty(channel);
  showMessages($("#thread-messages"), state.thread, { place, inThread: true, jump });
  modals.show(state.modals.at(-1), place);
}

/** Where nothing has been said, what could be. */
function showEmpty(channel) {
  const isEmpty = !view.home && state.messages.length === 0 && channel !== undefined;
  $("#empty").hidden = !isEmpty;
  if (!isEmpty) return;
  const line = channel.members.includes(state.app.botUserId) ? exampleLine() : "";
  const example = h("button", { type: "button", class: "example", onclick: () => composer.suggest(line) }, line);
  $("#empty").replaceChildren(
    h("p", {}, `Nothing has been said in ${channel.name === "" ? "here" : `#${channel.name}`} yet.`),
    line === "" ? [] : h("p", {}, "Try ", example),
    h("p", {}, "You can act as anybody under “Act as”, and change at any time."),
  );
}

/** The first command of the app with its hint, as a person would type it. */
function exampleLine() {
  const [first] = state.app.commands;
  return first === undefined ? "" : `${first.command} ${first.usageHint ?? ""}`.trim();
}

function showHeader(channel) {
  const person = state.people.find(({ id }) => id === state.me);
  const isMember = channel?.members.includes(state.me) === true;
  $("#title").replaceChildren(...(view.home ? [icon(...ICONS.home), state.app.name] : titleOf(channel)));
  $("#topic").textContent = view.home ? "" : (channel?.topic ?? "");
  const outside = isMember ? "" : "You are not in this channel. ";
  composer.placeholder = `${outside}Message as ${person.realName}, or type /`;
  document.title = `${channel === undefined ? state.app.name : channelName(channel, state)} · ${state.team.name}`;
}

function titleOf(channel) {
  if (channel === undefined) return ["No channel"];
  if (channel.name === "") return [channelName(channel, state)];
  return [
    icon(...(channel.kind === "private" ? ICONS.lock : ICONS.hash)),
    channel.name,
    channel.archived ? h("span", { class: "badge" }, "ARCHIVED") : "",
  ];
}

/** What rendering needs to know: names, who looks, and how to get elsewhere. */
function placeOf({ people, groups, names, me, team }) {
  return {
    me,
    names,
    domain: team.domain,
    people: new Map(people.map((person) => [person.id, person])),
    groups: new Map(groups.map((group) => [group.id, group])),
    go,
    askOptions: () => Promise.resolve([]),
  };
}

let pending;

/** One load for the changes of a moment. */
function changed() {
  pending ??= setTimeout(() => {
    pending = undefined;
    void load();
  }, 40);
}

let clusterPending;

async function loadCluster() {
  clusterPending = undefined;
  const response = await fetch("/_argocd/state").catch(() => undefined);
  if (response?.ok) showCluster($("#applications"), await response.json());
}

function clusterChanged() {
  clusterPending ??= setTimeout(() => void loadCluster(), 100);
}

function choose(theme) {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem("theme", theme);
}

function start() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  choose(localStorage.getItem("theme") ?? dark);
  $("#theme").append(icon(...ICONS.sun));
  $("#theme").addEventListener("click", () =>
    choose(document.documentElement.dataset.theme === "dark" ? "light" : "dark"),
  );
  $("#cluster-title").append(icon(...ICONS.cluster), h("span", {}, "Argo CD"));
  $("#close-thread").append(icon(...ICONS.close));
  $("#close-thread").addEventListener("click", () => go({ thread: "", pane: "chat" }));
  for (const tab of document.querySelectorAll("#tabs button")) {
    tab.addEventListener("click", () => go({ pane: tab.dataset.pane }));
  }
  recall();
  listen("/_page/events", changed, (open) => document.body.classList.toggle("lost", !open));
  listen("/_argocd/events", clusterChanged);
  setInterval(refreshDates, 1000);
}

start();
