/**
 * Small helpers that build the page's elements.
 * Text always enters as text nodes, never as HTML, so no message can bring markup in.
 */

const SVG = "http://www.w3.org/2000/svg";

/** Build an element; `testid` and `onclick`-like names are understood, empty children dropped. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  Object.entries(props).forEach(([name, value]) => assign(node, name, value));
  node.append(...children.filter((child) => child !== null));
  return node;
}

function assign(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
  else if (name === "testid") node.dataset.testid = value;
  else node.setAttribute(name, value === true ? "" : value);
}

/** Build an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
}

/** One icon of the sprite in index.html. */
export function icon(name) {
  return svg("svg", { "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** The element of `root` that index.html names with data-part. */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/** A fresh copy of the only element in a template of index.html. */
export function stamp(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

/** A round avatar with the initials of a name. */
export function avatar(name, colour) {
  const node = el("span", { class: "avatar", "aria-hidden": "true" }, initials(name));
  if (colour) node.style.backgroundColor = colour;
  return node;
}

/** First letters of the first two words: "Siti Aminah" -> "SA". */
export function initials(name) {
  const words = name.split(/\s+/).filter((word) => /^\p{L}/u.test(word));
  return words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** True where two chats fit side by side; the same width as in layout.css. */
export const wideScreen = window.matchMedia("(min-width: 900px)");
