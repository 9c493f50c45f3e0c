/**
 * Places: a blank example grid of about 600 m around Kelurahan Beringin, for choosing a point and
 * for showing one. It is deliberately no map: nothing is loaded and no street is invented.
 */

import { el, part, svg } from "./dom.js";
import { ask } from "./dialogs.js";

const CENTRE = { lat: -1.5925, lon: 103.6105 };
const METRES = 600;
const CELL = 100; // metres between two lines
const STEP = 10; // metres one press of an arrow key moves the point
const METRES_PER_DEGREE = 111_320;
const LON_SCALE = METRES_PER_DEGREE * Math.cos((CENTRE.lat * Math.PI) / 180);

/** Metres from the grid's upper left corner. */
function toGrid({ lat, lon }) {
  return {
    x: METRES / 2 + (lon - CENTRE.lon) * LON_SCALE,
    y: METRES / 2 - (lat - CENTRE.lat) * METRES_PER_DEGREE,
  };
}

function toPlace({ x, y }) {
  return {
    lat: CENTRE.lat - (y - METRES / 2) / METRES_PER_DEGREE,
    lon: CENTRE.lon + (x - METRES / 2) / LON_SCALE,
  };
}

const inside = ({ x, y }) => x >= 0 && y >= 0 && x <= METRES && y <= METRES;

/** "-1.59250, 103.61050": a point, as coordinates are copied between programs. */
export const coordinates = ({ lat, lon }) => `${lat.toFixed(5)}, ${lon.toFixed(5)}`;

/** A card for a location message; a place outside the grid is shown in its middle. */
export function placeCard(location, title = "Lokasi") {
  const place = { lat: location.latitude, lon: location.longitude };
  const point = toGrid(place);
  const shown = inside(point) ? point : { x: METRES / 2, y: METRES / 2 };
  const top = Math.min(Math.max(shown.y - 160, 0), METRES - 300);
  return el(
    "figure",
    { class: "place", "data-lat": place.lat, "data-lon": place.lon },
    drawing(shown, `0 ${top} ${METRES} 300`),
    el("span", { class: "example" }, "contoh"),
    el("figcaption", {}, el("strong", {}, title), el("span", {}, coordinates(place))),
  );
}

function drawing(point, viewBox) {
  const lines = [];
  for (let at = 0; at <= METRES; at += CELL) {
    lines.push(`M${at} 0V${METRES}M0 ${at}H${METRES}`);
  }
  return svg(
    "svg",
    { viewBox, class: "grid", "aria-hidden": "true", preserveAspectRatio: "xMidYMid slice" },
    svg("path", { class: "grid-lines", d: lines.join("") }),
    svg("path", { class: "grid-axes", d: `M${METRES / 2} 0V${METRES}M0 ${METRES / 2}H${METRES}` }),
    pin(point),
  );
}

function pin({ x, y }) {
  const shape = "M0 0C-9-16-26-30-26-50a26 26 0 0 1 52 0C26-30 9-16 0 0Z";
  return svg(
    "g",
    { class: "grid-pin", transform: `translate(${x} ${y})` },
    svg("ellipse", { rx: 12, ry: 4, class: "grid-shadow" }),
    svg("path", { d: shape }),
    svg("circle", { cy: -50, r: 10 }),
  );
}

/** Let a person choose a point; null when he thinks better of it. */
export async function choosePlace() {
  const dialog = document.getElementById("place");
  const picker = new Picker(dialog);
  const confirmed = await ask(dialog, part(dialog, "grid"));
  picker.close();
  return confirmed ? picker.place : null;
}

/** The grid of the dialog, in step with its two fields. */
class Picker {
  #lat;
  #lon;
  #grid;
  #listeners = new AbortController();

  constructor(dialog) {
    this.#lat = part(dialog, "lat");
    this.#lon = part(dialog, "lon");
    this.#grid = part(dialog, "grid");
    const { signal } = this.#listeners;
    this.#grid.addEventListener("pointerdown", (event) => this.#click(event), { signal });
    this.#grid.addEventListener("keydown", (event) => this.#key(event), { signal });
    [this.#lat, this.#lon].forEach((field) =>
      field.addEventListener("input", () => this.#draw(), { signal }));
    this.#set(CENTRE);
  }

  /** The chosen point. */
  get place() {
    return { lat: this.#lat.valueAsNumber, lon: this.#lon.valueAsNumber };
  }

  /** Stop listening: the dialog is used again by the next choice. */
  close() {
    this.#listeners.abort();
  }

  #set({ lat, lon }) {
    this.#lat.value = lat.toFixed(6);
    this.#lon.value = lon.toFixed(6);
    this.#draw();
  }

  #draw() {
    const point = toGrid(this.place);
    const known = Number.isFinite(point.x + point.y) && inside(point);
    const size = `0 0 ${METRES} ${METRES}`;
    this.#grid.replaceChildren(
      drawing(known ? point : { x: -METRES, y: -METRES }, size),
      el("span", { class: "example" }, "contoh, bukan peta"),
      el("span", { class: "scale" }, "100 m"),
      el("span", { class: "north" }, "U"),
      ...(known ? [] : [el("span", { class: "outside" }, "Titik di luar kisi")]),
    );
  }

  #click(event) {
    const box = this.#grid.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * METRES;
    const y = ((event.clientY - box.top) / box.height) * METRES;
    this.#set(toPlace({ x, y }));
  }

  #key(event) {
    const move = {
      ArrowLeft: [-STEP, 0],
      ArrowRight: [STEP, 0],
      ArrowUp: [0, -STEP],
      ArrowDown: [0, STEP],
    }[event.key];
    if (!move) return;
    event.preventDefault();
    const { x, y } = toGrid(this.place);
    this.#set(toPlace({ x: x + move[0], y: y + move[1] }));
  }
}
