import { act } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h, icon, ICONS } from "./dom.js";
import { restoreValues, typedValues } from "./elements.js";
import { plainText } from "./text.js";
import { attempt } from "./toasts.js";

/** Shows the person's visible modal, keeping what was typed when the app only changed its content. */
export class Modals {
  #dialog;
  #view;
  #errors = {};

  show(view, place) {
    if (view === undefined) return this.#remove();
    if (view.id === this.#view?.id && view.hash === this.#view.hash) return;
    const typed = view.id === this.#view?.id ? typedValues(this.#dialog) : {};
    this.#errors = {};
    this.#open(view, place, typed);
  }

  #open(view, place, typed) {
    this.#remove();
    this.#view = view;
    this.#dialog = this.#render(view, place);
    document.body.append(this.#dialog);
    restoreValues(this.#dialog, typed);
    this.#dialog.showModal();
    this.#dialog.querySelector("[data-action]")?.focus();
  }

  #remove() {
    this.#dialog?.remove();
    this.#dialog = undefined;
    this.#view = undefined;
  }

  #render(view, place) {
    const context = {
      place: withOptions(place, view),
      form: true,
      errors: this.#errors,
      dispatch: this.#dispatcher(view, place),
    };
    const close = () => attempt(act("close-modal", { user: place.me, viewId: view.id }));
    const submit =
      view.submit === null
        ? []
        : h("button", { type: "submit", class: "button button-primary" }, plainText(view.submit));
    const form = h(
      "form",
      { novalidate: true, onsubmit: (event) => (event.preventDefault(), this.#submit(view, place)) },
      h(
        "header",
        {},
        h("h2", {}, plainText(view.title)),
        h("button", { type: "button", class: "plain", "aria-label": "Close", onclick: close }, icon(...ICONS.close)),
      ),
      h("div", { class: "modal-blocks" }, renderBlocks(view.blocks, context)),
      h(
        "footer",
        {},
        h(
          "button",
          { type: "button", class: "button", onclick: close },
          view.close === null ? "Cancel" : plainText(view.close),
        ),
        submit,
      ),
    );
    return h("dialog", { class: "modal", oncancel: (event) => (event.preventDefault(), close()) }, form);
  }

  #dispatcher(view, place) {
    return async (blockId, element, value, node) => {
      node.classList.add("busy");
      const given = value === undefined ? {} : { value };
      const click = { user: place.me, viewId: view.id, actionId: element.action_id, blockId };
      await attempt(act("click-in-view", { ...click, ...given, values: typedValues(this.#dialog) }));
      node.classList.remove("busy");
    };
  }

  async #submit(view, place) {
    const dialog = this.#dialog;
    const values = typedValues(dialog);
    dialog.classList.add("busy");
    const result = await attempt(act("submit-modal", { user: place.me, viewId: view.id, values }));
    dialog.classList.remove("busy");
    if (result?.errors === undefined || this.#dialog !== dialog) return;
    this.#errors = result.errors;
    this.#open(view, place, values);
  }
}

/** Lets external selects ask the app for their options. */
function withOptions(place, view) {
  const askOptions = (element, typed) =>
    act("ask-options", { user: place.me, viewId: view.id, actionId: element.action_id, typed }).catch(() => []);
  return { ...place, askOptions };
}
