import { h } from "./dom.js";
import { plainText, richText } from "./text.js";

/** Asks before an act when its element has a confirm dialog; true when it may go on. */
export function confirmed(confirm, place) {
  if (confirm === undefined) return Promise.resolve(true);
  return new Promise((resolve) => {
    const finish = (answer) => {
      dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const yes = h(
      "button",
      { type: "button", class: `button button-${confirm.style ?? "primary"}`, onclick: () => finish(true) },
      plainText(confirm.confirm),
    );
    const no = h("button", { type: "button", class: "button", onclick: () => finish(false) }, plainText(confirm.deny));
    const dialog = h(
      "dialog",
      { class: "modal confirm", oncancel: () => finish(false) },
      h("h2", {}, plainText(confirm.title)),
      h("p", {}, richText(confirm.text, place)),
      h("footer", {}, no, yes),
    );
    document.body.append(dialog);
    dialog.showModal();
    yes.focus();
  });
}
