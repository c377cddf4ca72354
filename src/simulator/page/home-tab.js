import { act } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { h } from "./dom.js";
import { typedValues } from "./elements.js";
import { attempt } from "./toasts.js";

/** Shows the app's Home tab as the person has it. */
export function showHome(root, view, place) {
  const signature = `${place.me}/${view?.hash}`;
  if (root.signature === signature) return;
  root.signature = signature;
  if (view === undefined) {
    root.replaceChildren(h("p", { class: "empty" }, "The app has not published a Home tab for you yet."));
    return;
  }
  const dispatch = async (blockId, element, value, node) => {
    node.classList.add("busy");
    const given = value === undefined ? {} : { value };
    const click = { user: place.me, viewId: view.id, actionId: element.action_id, blockId };
    await attempt(act("click-in-view", { ...click, ...given, values: typedValues(root) }));
    node.classList.remove("busy");
  };
  root.replaceChildren(h("div", { class: "home-blocks" }, renderBlocks(view.blocks, { place, dispatch })));
}
