import { confirmed } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { follow, plainText, richText } from "./text.js";

/**
 * One interactive element of Block Kit. `context.place` knows the names; `context.dispatch(element, value, node)` tells the
 * app of a click or a choice; in a form, where only the submission counts, there is no `dispatch`.
 */
export function renderElement(element, context) {
  return (ELEMENTS[element.type] ?? unknownElement)(element, context);
}

const ELEMENTS = {
  button: renderButton,
  static_select: (element, context) => renderSelect(element, optionsOf(element), context),
  multi_static_select: (element, context) => renderSelect(element, optionsOf(element), context),
  external_select: renderExternalSelect,
  multi_external_select: renderExternalSelect,
  users_select: (element, context) => renderSelect(element, userOptions(context.place), context),
  multi_users_select: (element, context) => renderSelect(element, userOptions(context.place), context),
  channels_select: (element, context) => renderSelect(element, channelOptions(context.place), context),
  conversations_select: (element, context) => renderSelect(element, channelOptions(context.place), context),
  multi_channels_select: (element, context) => renderSelect(element, channelOptions(context.place), context),
  multi_conversations_select: (element, context) => renderSelect(element, channelOptions(context.place), context),
  overflow: (element, context) =>
    renderSelect({ ...element, placeholder: { text: "•••" } }, optionsOf(element), context),
  radio_buttons: (element, context) => renderChoices(element, "radio", context),
  checkboxes: (element, context) => renderChoices(element, "checkbox", context),
  plain_text_input: renderTextInput,
  email_text_input: (element, context) => renderInput(element, "email", element.initial_value, context),
  url_text_input: (element, context) => renderInput(element, "url", element.initial_value, context),
  number_input: (element, context) => renderInput(element, "number", element.initial_value, context),
  datepicker: (element, context) => renderInput(element, "date", element.initial_date, context),
  timepicker: (element, context) => renderInput(element, "time", element.initial_time, context),
};

function unknownElement(element) {
  return h("span", { class: "unsupported" }, `[${element.type}]`);
}

function renderButton(element, context) {
  const style = element.style === undefined ? "" : ` button-${element.style}`;
  const label = element.accessibility_label;
  const press = async (event) => {
    if (!(await confirmed(element.confirm, context.place))) return;
    if (element.url !== undefined) follow(element.url, context.place);
    context.dispatch?.(element, undefined, event.target.closest("button"));
  };
  return h(
    "button",
    { type: "button", class: `button${style}`, "aria-label": label, onclick: press },
    plainText(element.text),
  );
}

function optionsOf(element) {
  const groups = element.option_groups ?? [{ options: element.options ?? [] }];
  return groups.map(({ label, options }) => ({
    label: label === undefined ? undefined : plainText(label),
    options: options.map(({ text, value, description }) => ({ label: withDescription(text, description), value })),
  }));
}

/** A list in a browser has one line for each option; Slack shows the description below. */
function withDescription(text, description) {
  return description === undefined ? plainText(text) : `${plainText(text)} · ${plainText(description)}`;
}

function userOptions(place) {
  const people = [...place.people.values()].filter((person) => !person.deactivated && person.role !== "bot");
  return [{ options: people.map(({ id, realName }) => ({ label: realName, value: id })) }];
}

function channelOptions(place) {
  const named = Object.entries(place.names).filter(([, name]) => name !== "");
  return [{ options: named.map(([id, name]) => ({ label: `#${name}`, value: id })) }];
}

function initialValues(element) {
  const { initial_option: option, initial_options: options } = element;
  const one = option?.value ?? element.initial_user ?? element.initial_conversation ?? element.initial_channel;
  const several = options?.map(({ value }) => value) ?? element.initial_users ?? element.initial_conversations;
  return new Set(several ?? (one === undefined ? [] : [one]));
}

function renderSelect(element, groups, context) {
  const multiple = element.type.startsWith("multi_");
  const selected = initialValues(element);
  const choose = async () => {
    if (await confirmed(element.confirm, context.place)) context.dispatch?.(element, valueOf(select), select);
  };
  const choices = groups.map(({ label, options }) => {
    const nodes = options.map((option) =>
      h("option", { value: option.value, selected: selected.has(option.value) }, option.label),
    );
    return label === undefined ? nodes : h("optgroup", { label }, nodes);
  });
  const placeholder = element.placeholder === undefined ? "Choose one" : plainText(element.placeholder);
  const empty = multiple ? [] : h("option", { value: "", selected: selected.size === 0 }, placeholder);
  const select = h(
    "select",
    { "data-action": element.action_id, multiple, onchange: choose, "aria-label": placeholder },
    empty,
    choices,
  );
  return select;
}

let lists = 0;

/** A text field whose suggestions the app gives while one types. */
function renderExternalSelect(element, context) {
  lists += 1;
  const id = `options-${lists}`;
  const list = h("datalist", { id });
  const least = element.min_query_length ?? 3;
  const ask = async () => {
    const known = [...list.options].some((option) => option.value === input.value);
    if (known || input.value.length < least) return;
    const options = await context.place.askOptions(element, input.value, context);
    list.replaceChildren(
      ...options.map(({ label, value, description }) =>
        h("option", { value }, description === undefined ? label : `${label} · ${description}`),
      ),
    );
  };
  const input = h("input", {
    type: "text",
    list: id,
    "data-action": element.action_id,
    value: element.initial_option?.value,
    placeholder: element.placeholder === undefined ? "Type to search" : plainText(element.placeholder),
    oninput: ask,
    onfocus: ask,
    onchange: () => context.dispatch?.(element, input.value, input),
  });
  return h("span", { class: "combo" }, input, list);
}

function renderChoices(element, type, context) {
  lists += 1;
  const name = `choice-${lists}`;
  const selected = initialValues(element);
  const root = h("div", { class: "choices", "data-action": element.action_id, "data-choices": true });
  const change = () => context.dispatch?.(element, valueOf(root), root);
  for (const option of element.options) {
    const input = h("input", {
      type,
      name,
      value: option.value,
      checked: selected.has(option.value),
      onchange: change,
    });
    const words = h("span", {}, richText(option.text, context.place));
    const more = option.description === undefined ? [] : h("small", {}, richText(option.description, context.place));
    root.append(h("label", {}, input, h("span", { class: "choice-text" }, words, more)));
  }
  return root;
}

function renderTextInput(element, context) {
  if (element.multiline !== true) return renderInput(element, "text", element.initial_value, context);
  return h("textarea", { ...inputAttributes(element, context), rows: 4 }, element.initial_value ?? "");
}

function renderInput(element, type, value, context) {
  return h("input", { ...inputAttributes(element, context), type, value });
}

function inputAttributes(element, context) {
  return {
    "data-action": element.action_id,
    placeholder: element.placeholder === undefined ? undefined : plainText(element.placeholder),
    minlength: element.min_length,
    maxlength: element.max_length,
    onchange: (event) => context.dispatch?.(element, event.target.value, event.target),
  };
}

/** What is typed or chosen in a rendered element. */
function valueOf(node) {
  if (node.dataset.choices !== undefined) {
    const checked = [...node.querySelectorAll("input:checked")].map((input) => input.value);
    return node.querySelector("input[type=radio]") === null ? checked : (checked[0] ?? "");
  }
  return node.multiple === true ? [...node.selectedOptions].map((option) => option.value) : node.value;
}

/** What is typed and chosen below `root`, by action id. */
export function typedValues(root) {
  const nodes = [...root.querySelectorAll("[data-action]")];
  return Object.fromEntries(nodes.map((node) => [node.dataset.action, valueOf(node)]));
}

/** Puts values that were typed before back into a form that was rendered anew. */
export function restoreValues(root, values) {
  for (const node of root.querySelectorAll("[data-action]")) {
    const value = values[node.dataset.action];
    if (value === undefined || value === "") continue;
    const wanted = new Set([value].flat());
    if (node.dataset.choices !== undefined) {
      for (const input of node.querySelectorAll("input")) input.checked = wanted.has(input.value);
    } else if (node.multiple === true) {
      for (const option of node.options) option.selected = wanted.has(option.value);
    } else {
      node.value = value;
      // What the app suggested for it stood in the form before, and has to be asked for again.
      if (node.list) node.dispatchEvent(new Event("input"));
    }
  }
}
