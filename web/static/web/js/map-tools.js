// Tools on the match map: layers, width, months, search, picture and print.

import { counted, hexagonOpacity, lineWidth, radius, regionRadius } from "./map-style.js";

const OF_LAYER = {
  flows: ["corridors-posted", "corridors-inferred", "flows-posted", "flows-inferred", "corridor-arrows", "flow-arrows"],
  gaps: ["gaps-places", "gaps-regions", "gaps-hexagons"],
  deals: ["deals-agreed", "deals-delivered"],
};
const POINTS = ["places-posted", "places-inferred", "regions-posted", "regions-inferred", "hexagons", "region-counts"];
const MONTH_PAUSE_MS = 1800;
const form = document.getElementById("filters");

export function listenToTools(map, frame) {
  const chosen = (name) => new FormData(form).getAll(name);

  function draw() {
    const layers = chosen("layer");
    const sides = ["offers", "needs"].filter((side) => layers.includes(side));
    const show = (id, on) => map.setLayoutProperty(id, "visibility", on ? "visible" : "none");
    for (const [layer, ids] of Object.entries(OF_LAYER)) {
      for (const id of ids) show(id, layers.includes(layer));
    }
    for (const id of POINTS) show(id, sides.length > 0);
    if (sides.length) drawPoints(sides);
    const width = lineWidth(chosen("width")[0]);
    for (const id of OF_LAYER.flows.slice(0, 4)) map.setPaintProperty(id, "line-width", width);
    for (const item of document.querySelectorAll(".legend [data-of]")) {
      item.hidden = !item.dataset.of.split(" ").some((layer) => layers.includes(layer));
    }
  }

  function drawPoints(sides) {
    const some = [">", counted(sides), 0];
    const posted = [">", ["get", "posted"], 0];
    for (const [kind, size] of [["places", radius], ["regions", regionRadius]]) {
      map.setPaintProperty(`${kind}-posted`, "circle-radius", size(sides));
      map.setPaintProperty(`${kind}-inferred`, "circle-radius", size(sides));
      map.setFilter(`${kind}-posted`, ["all", posted, some]);
      map.setFilter(`${kind}-inferred`, ["all", ["!", posted], some]);
    }
    map.setPaintProperty("hexagons", "fill-opacity", hexagonOpacity(sides));
    map.setFilter("hexagons", some);
    map.setFilter("region-counts", some);
    map.setLayoutProperty("region-counts", "text-field", ["to-string", counted(sides)]);
  }

  const month = document.getElementById("id_month");
  const name = document.querySelector("[data-month-name]");
  const labels = [...document.querySelectorAll("#month-names option")].map((option) => option.label);
  const sayMonth = () => {
    name.textContent = labels[Number(month.value)];
    month.setAttribute("aria-valuetext", labels[Number(month.value)]);
  };
  month.addEventListener("input", sayMonth);
  sayMonth();
  const play = document.querySelector("[data-play-months]");
  let timer = 0;
  play.addEventListener("click", () => {
    const playing = play.getAttribute("aria-pressed") === "true";
    play.setAttribute("aria-pressed", String(!playing));
    clearInterval(timer);
    if (playing) return;
    timer = setInterval(() => {
      month.value = String((Number(month.value) % 12) + 1);
      sayMonth();
      month.dispatchEvent(new Event("change", { bubbles: true }));
    }, MONTH_PAUSE_MS);
  });

  // What stands outside the form but belongs to it does not bubble through it.
  document.querySelector(".map-frame").addEventListener("change", (event) => {
    if (event.target.form !== form) return;
    draw();
    window.htmx.trigger(form, "change");
  });

  const found = document.getElementById("map-search-value");
  found.addEventListener("change", (event) => {
    event.stopPropagation();
    if (found.dataset.kind === "region") {
      form.elements.region.value = found.value;
      window.htmx.trigger(form, "change");
    } else if (found.value) {
      map.flyTo({ center: found.value.split(",").map(Number), zoom: 11 });
    }
  });

  document.querySelector("[data-map-png]").addEventListener("click", () => {
    picture(map, frame).toBlob((blob) => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = `symbiosis-${new Date().toISOString().slice(0, 10)}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  });
  window.addEventListener("beforeprint", () => {
    const image = document.getElementById("map-print");
    image.src = map.getCanvas().toDataURL();
    image.hidden = false;
  });
  window.addEventListener("afterprint", () => { document.getElementById("map-print").hidden = true; });

  if (map.isStyleLoaded()) draw();
  else map.once("load", draw);
}

// The map as it is seen, with what it shows and the day beneath it.
function picture(map, frame) {
  const drawn = map.getCanvas();
  const unit = drawn.width / drawn.clientWidth;
  const sheet = document.createElement("canvas");
  sheet.width = drawn.width;
  sheet.height = drawn.height + Math.round(58 * unit);
  const pen = sheet.getContext("2d");
  pen.fillStyle = "#ffffff";
  pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.drawImage(drawn, 0, 0);
  pen.fillStyle = "#083640";
  pen.font = `700 ${16 * unit}px 'Sofia Sans', sans-serif`;
  const day = new Date().toLocaleDateString(document.documentElement.lang);
  pen.fillText(`${frame.dataset.title} · ${day}`, 14 * unit, drawn.height + 23 * unit);
  pen.font = `400 ${13 * unit}px 'Sofia Sans', sans-serif`;
  const told = [...document.querySelectorAll(".legend li:not([hidden])")].map((item) => item.textContent.trim());
  pen.fillText(told.join("  ·  "), 14 * unit, drawn.height + 44 * unit);
  return sheet;
}
