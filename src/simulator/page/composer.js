import { act } from "./api.js";
import { h, icon, ICONS } from "./dom.js";
import { attempt } from "./toasts.js";

const TALLEST_PX = 160;

/** The box to type in, with suggestions for slash commands. */
export class Composer {
  #target;
  #commands;
  #chosen = 0;
  #input = h("textarea", { rows: 1, "aria-label": "Message", autocomplete: "off", spellcheck: "false" });
  #menu = h("div", { class: "suggestions", role: "listbox", hidden: true });
  #keys = {
    ArrowDown: () => this.#move(1),
    ArrowUp: () => this.#move(-1),
    Tab: () => this.#complete(this.#shown[this.#chosen].dataset.command),
    Escape: () => (this.#menu.hidden = true),
  };

  /** `target()` says where a line goes, `{ user, channel, threadTs? }`; `commands()` what is suggested. */
  constructor(root, { target, commands }) {
    this.#target = target;
    this.#commands = commands;
    this.#input.addEventListener("input", () => {
      this.#suggest();
      this.#grow();
    });
    this.#input.addEventListener("keydown", (event) => this.#press(event));
    const send = h("button", { type: "button", class: "send", "aria-label": "Send", onclick: () => this.#submit() });
    send.append(icon(...ICONS.send));
    root.replaceChildren(this.#menu, h("div", { class: "composer-box" }, this.#input, send));
  }

  /** Puts a line into the box, for the person to send. */
  suggest(text) {
    this.#input.value = text;
    this.#menu.hidden = true;
    this.#input.focus();
    this.#grow();
  }

  set placeholder(text) {
    this.#input.setAttribute("placeholder", text);
  }

  get #shown() {
    return [...this.#menu.children];
  }

  #press(event) {
    if (!this.#menu.hidden && this.#keys[event.key] !== undefined) {
      event.preventDefault();
      this.#keys[event.key]();
      return;
    }
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    const whole = this.#menu.hidden || this.#shown.some((node) => node.dataset.command === this.#input.value);
    if (whole) void this.#submit();
    else this.#complete(this.#shown[this.#chosen].dataset.command);
  }

  #suggest() {
    const line = this.#input.value;
    const typing = line.startsWith("/") && !/\s/u.test(line);
    const fits = typing ? this.#commands().filter(({ command }) => command.startsWith(line)) : [];
    this.#chosen = 0;
    this.#menu.replaceChildren(...fits.map((command) => this.#suggestion(command)));
    this.#menu.hidden = fits.length === 0;
    this.#move(0);
  }

  #suggestion({ command, usageHint, description }) {
    return h(
      "button",
      { type: "button", role: "option", "data-command": command, onclick: () => this.#complete(command) },
      h("span", { class: "command" }, h("strong", {}, command), usageHint === undefined ? "" : ` ${usageHint}`),
      h("small", {}, description),
    );
  }

  #move(step) {
    const nodes = this.#shown;
    this.#chosen = nodes.length === 0 ? 0 : (this.#chosen + step + nodes.length) % nodes.length;
    for (const [index, node] of nodes.entries()) node.classList.toggle("chosen", index === this.#chosen);
  }

  #complete(command) {
    this.suggest(`${command} `);
  }

  async #submit() {
    const text = this.#input.value.trim();
    if (text === "") return;
    this.#input.value = "";
    this.#menu.hidden = true;
    this.#grow();
    const result = await attempt(
      act(text.startsWith("/") ? "type-command" : "type-message", { ...this.#target(), text }),
    );
    // What could not even be sent is not lost.
    if (result === undefined && this.#input.value === "") this.suggest(text);
  }

  #grow() {
    this.#input.style.height = "auto";
    this.#input.style.height = `${Math.min(this.#input.scrollHeight, TALLEST_PX)}px`;
  }
}
