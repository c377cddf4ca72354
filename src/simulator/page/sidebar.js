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
  document.querySelector("#apps").replaceChildren(home, ...direct.map(open));
  const people = state.people.filter(({ role, deactivated }) => role !== "bot" && !deactivated);
  document.querySelector("#people").replaceChildren(...people.map((person) => personEntry(person, state.me, actAs)));
  showConnections(state.connections);
}

function channelEntry(channel, { state, view, go, unread }) {
  const current = !view.home && channel.id === state.channel;
  const classes = ["entry", current ? "current" : "", unread ? "unread" : ""].join(" ");
  const people = channel.members
    .filter((id) => id !== state.me)
    .map((id) => state.people.find((person) => person.id === id));
  const name = channel.name === "" ? people.map((person) => person?.realName ?? "?").join(", ") : channel.name;
  const mark =
    channel.name === "" ? avatar(people[0], "tiny") : icon(...(channel.kind === "private" ? ICONS.lock : ICONS.hash));
  const shared = channel.externallyShared === true ? icon(...ICONS.globe) : [];
  return h(
    "button",
    { type: "button", class: classes, onclick: () => go({ channel: channel.id }) },
    mark,
    h("span", {}, name),
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
