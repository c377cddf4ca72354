import { h } from "./dom.js";

const TINTS = 8;

/** A person's or an app's picture: initials on a colour that depends on the id only. */
export function avatar(person, size = "medium") {
  const name = person?.realName ?? "?";
  const initials = name
    .split(" ")
    .map((word) => word[0] ?? "")
    .slice(0, 2)
    .join("");
  const sum = Array.from(person?.id ?? "").reduce((total, character) => total * 7 + character.codePointAt(0), 0);
  const bot = person?.role === "bot" ? " avatar-bot" : "";
  return h("span", { class: `avatar avatar-${size} tint-${sum % TINTS}${bot}`, "aria-hidden": "true" }, initials);
}
