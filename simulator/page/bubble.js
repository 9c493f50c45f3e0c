/** One message, or one album, as a bubble with its inline keyboard. */

import { el, icon } from "./dom.js";
import { formatted } from "./entities.js";
import { album, media, summary } from "./media.js";
import { clock } from "./time.js";

/**
 * A row of the chat for the messages of `group` (one, or an album's).
 * `actions` has send, follow, tap(message, button), edit(message) and jump(message_id).
 */
export function bubble(group, actions) {
  const first = group.messages[0];
  const side = first.mine ? "mine" : "theirs";
  const row = el(
    "article",
    { class: `message ${side}`, testid: "message", "data-message-id": first.message_id,
      "aria-label": first.mine ? "Pesan Anda" : "Pesan bot" },
    body(group, actions),
    keyboard(first, actions),
  );
  row.classList.toggle("last", group.last);
  return row;
}

function body(group, actions) {
  const [first] = group.messages;
  const picture = group.messages.length > 1 ? album(group.messages) : media(first);
  const text = words(group.messages, actions);
  const node = el("div", { class: "bubble" }, quote(first, actions), picture, text,
    meta(group.messages), editButton(first, actions));
  node.classList.toggle("bare", Boolean(picture) && !text);
  node.classList.toggle("pictured", Boolean(picture?.matches(".photo, .album, .place")));
  return node;
}

function words(messages, actions) {
  const told = messages.find((message) => message.text ?? message.caption);
  if (!told) return media(messages[0]) ? null : el("p", { class: "words" }, summary(messages[0]));
  return el(
    "div",
    { class: "words", testid: "text" },
    formatted(told.text ?? told.caption, told.entities ?? told.caption_entities, actions),
  );
}

function meta(messages) {
  const [first] = messages;
  // As in Telegram: what a bot changes in its own message bears no mark.
  const edited = first.mine && messages.some((message) => message.edit_date);
  const time = new Date(first.date * 1000).toISOString();
  return el(
    "span",
    { class: "meta" },
    edited ? el("span", { testid: "edited" }, "diedit") : null,
    el("time", { datetime: time }, clock(first.date)),
    first.mine ? icon("check") : null,
  );
}

function quote(message, actions) {
  const source = message.reply_to_message;
  if (!source) return null;
  return el(
    "button",
    { type: "button", class: "quote", testid: "quote",
      onclick: () => actions.jump(source.message_id) },
    el("strong", {}, source.from?.first_name ?? "Pesan"),
    el("span", {}, summary(source)),
  );
}

function editButton(message, actions) {
  if (!message.mine || message.text === undefined) return null;
  return el(
    "button",
    { type: "button", class: "edit", testid: "edit", "aria-label": "Ubah pesan",
      onclick: () => actions.edit(message) },
    icon("edit"),
  );
}

function keyboard(message, actions) {
  const rows = message.reply_markup?.inline_keyboard;
  if (!rows?.length) return null;
  return el(
    "div",
    { class: "inline-keyboard", role: "group", "aria-label": "Tombol pesan" },
    ...rows.map((row) =>
      el("div", { class: "inline-row" }, ...row.map((button) => key(message, button, actions)))),
  );
}

function key(message, button, actions) {
  return el(
    "button",
    { type: "button", class: "key", testid: "inline-button", "data-key": button.callback_data,
      onclick: () => actions.tap(message, button) },
    el("span", {}, button.text),
    button.url ? icon("link") : null,
    button.copy_text ? icon("copy") : null,
  );
}
