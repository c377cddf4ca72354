import { avatar } from "./avatars.js";
import { h, icon, ICONS } from "./dom.js";

/** Writes the channels, the app and the people into the sidebar. */
export function showSidebar(state, view, { go, actAs, isUnread }) {
  document.querySelector("#team").textContent = state.team.name;
  const channels = state.channels.filter(({ kind }) => kind === "public" || kind === "private");
  const direct = state.channels.filter(({ kind }) => kind === "im" || kind === "mpim");
  const open = (entry) => channelEntry(entry, { state, view, go, unread: isUnread(entry) });
  document.querySelector("#channels").replaceChildren(...channels.map(open));
  const home = h(
    "button",
    { type: "button", class: view.home ? "entry current" : "entry", onclick: () => go({ home: true }) },
    icon(...ICONS.home),
    h("span", {}, `${state.app.name} Home`),
  );
  const apps = state.app.homeTab === false ? [] : [home];
  document.querySelector("#apps").replaceChildren(...apps, ...direct.map(open));
  const people = state.people.filter(({ role, deactivated }) => role !== "bot" && !deactivated);
  document.querySelector("#people").replaceChildren(...people.map((person) => personEntry(person, state.me, actAs)));
  showConnections(state.connections);
}

/** The name of a channel; of a direct message, the people in it besides the one who looks. */
export function channelName(channel, state) {
  if (channel.name !== "") return channel.name;
  return othersIn(channel, state)
    .map((person) => person?.realName ?? "?")
    .join(", ");
}

function othersIn(channel, { me, people }) {
  return channel.members.filter((id) => id !== me).map((id) => people.find((person) => person.id === id));
}

function channelEntry(channel, { state, view, go, unread }) {
  const current = !view.home && channel.id === state.channel;
  const classes = ["entry", current ? "current" : "", unread ? "unread" : ""].join(" ");
  const mark =
    channel.name === ""
      ? avatar(othersIn(channel, state)[0], "tiny")
      : icon(...(channel.kind === "private" ? ICONS.lock : ICONS.hash));
  const shared = channel.externallyShared === true ? icon(...ICONS.globe) : [];
  return h(
    "button",
    { type: "button", class: classes, onclick: () => go({ channel: channel.id }) },
    mark,
    h("span", {}, channelName(channel, state)),
    shared,
  );
}

const ROLES = { guest: "Guest", "single-channel-guest": "Guest", stranger: "Other workspace" };

function personEntry(person, me, actAs) {
  const mine = person.id === me;
  return h(
    "button",
    {
      type: "button",
      class: mine ? "person current" : "person",
      "aria-pressed": mine,
      onclick: () => actAs(person.id),
    },
    avatar(person, "small"),
    h("span", { class: "person-name" }, person.realName),
    h("small", {}, ROLES[person.role] ?? person.title ?? ""),
  );
}

function showConnections(count) {
  const node = document.querySelector("#connections");
  node.classList.toggle("offline", count === 0);
  node.textContent =
    count === 0 ? "App not connected" : `App connected (${count} ${count === 1 ? "socket" : "sockets"})`;
}
