// The match map: draws the tiles of the question in the address, and opens panels on a click.

import { bounds, curve } from "./curve.js";
import { listenToTools } from "./map-tools.js";
import { arrow, style } from "./map-style.js";

const HOME = [[22.2, 41.15], [28.75, 44.3]];
const EUROPE = [[-11, 35], [33, 62]];
const FLOWS = ["flows-posted", "flows-inferred"];
const CORRIDORS = ["corridors-posted", "corridors-inferred"];
const REGIONS = ["regions-posted", "regions-inferred", "gaps-regions"];
const PLACES = ["places-posted", "places-inferred", "gaps-places"];
const HEXAGONS = ["hexagons"];
const frame = document.getElementById("map");
const panel = document.getElementById("panel");
const filters = document.querySelector("[data-open-on-wide]");
if (window.matchMedia("(min-width: 62.01rem)").matches) filters.open = true;

const results = () => document.getElementById("results");

function tiles(address) {
  const question = results().dataset.query;
  const pattern = address.replace("/0/0/0/", "/{z}/{x}/{y}/");
  return `${window.location.origin}${pattern}${question ? `?${question}` : ""}`;
}

const SOURCES = ["flows", "places", "gaps", "deals"];
const addresses = () => Object.fromEntries(SOURCES.map((name) => [name, tiles(frame.dataset[name])]));

async function json(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

async function start() {
  const [engine, atlas, outlines] = await Promise.all([
    import(frame.dataset.engine),
    json(frame.dataset.world),
    json(frame.dataset.outlines),
    document.fonts.load("400 24px 'Sofia Sans'", "Aбв"),
  ]);
  engine.setWorkerUrl(new URL(frame.dataset.worker, window.location.href).href);
  const world = window.topojson.feature(atlas, atlas.objects.countries);
  if (outlines.features.length) world.features = world.features.filter((land) => land.id !== "100");
  const map = new engine.Map({
    container: frame,
    style: style({ world, outlines, ...addresses() }),
    canvasContextAttributes: { preserveDrawingBuffer: true },
    bounds: regionBounds(outlines) ?? HOME,
    fitBoundsOptions: { padding: 24 },
    minZoom: 3,
    maxZoom: 15,
    hash: "at",
    attributionControl: false,
    dragRotate: false,
    pitchWithRotate: false,
    locale: {
      "NavigationControl.ZoomIn": frame.dataset.zoomIn,
      "NavigationControl.ZoomOut": frame.dataset.zoomOut,
      "Map.Title": frame.dataset.label,
    },
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new engine.NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new engine.ScaleControl({ unit: "metric" }), "bottom-right");
  map.on("style.load", () => map.addImage("arrow", arrow(), { pixelRatio: 2 }));
  map.once("idle", () => {
    document.getElementById("map-loading").classList.add("is-done");
    frame.dataset.ready = "true";
  });
  listen(map, outlines);
  listenToTools(map, frame);
  window.matchMap = map;
}

function regionBounds(outlines) {
  const code = results().dataset.region;
  if (!code) return null;
  const inside = outlines.features.filter((oblast) => oblast.properties.code.startsWith(code));
  if (!inside.length) return EUROPE;
  return bounds(inside.flatMap((oblast) => oblast.geometry.coordinates.flat(2)));
}

function listen(map, outlines) {
  let chosen = "";

  function show(line, uid) {
    chosen = uid;
    for (const row of document.querySelectorAll("tr[data-uid]")) {
      row.classList.toggle("is-chosen", row.dataset.uid === uid);
    }
    const ends = line ? line.split(",").map(Number) : null;
    if (!ends) {
      map.getSource("chosen").setData({ type: "FeatureCollection", features: [] });
      return;
    }
    const [from, to] = [[ends[0], ends[1]], [ends[2], ends[3]]];
    const path = curve(from, to);
    const point = (at) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates: at } });
    map.getSource("chosen").setData({
      type: "FeatureCollection",
      features: [
        { type: "Feature", properties: {}, geometry: { type: "LineString", coordinates: path } },
        point(from),
        point(to),
      ],
    });
    const [low, high] = bounds(path);
    const view = map.getBounds();
    if (!view.contains(low) || !view.contains(high) || map.getZoom() < 5) {
      map.fitBounds([low, high], { padding: 70, maxZoom: 10, duration: 600 });
    }
  }

  function redraw() {
    for (const [name, address] of Object.entries(addresses())) map.getSource(name).setTiles([address]);
    const code = results().dataset.region;
    map.setFilter("oblast-chosen", ["==", ["get", "code"], code]);
  }

  map.once("load", () => {
    map.setFilter("oblast-chosen", ["==", ["get", "code"], results().dataset.region]);
  });

  let question = results().dataset.query;
  let region = results().dataset.region;
  document.body.addEventListener("htmx:afterSettle", () => {
    if (results().dataset.query !== question) {
      question = results().dataset.query;
      closePanel();
      redraw();
    }
    if (results().dataset.region !== region) {
      region = results().dataset.region;
      map.fitBounds(regionBounds(outlines) ?? HOME, { padding: 24, duration: 600 });
    }
    const opened = panel.querySelector("[data-line]");
    if (opened && opened.dataset.uid !== chosen) show(opened.dataset.line, opened.dataset.uid);
  });

  function closePanel() {
    panel.replaceChildren();
    show(null, "");
  }

  panel.addEventListener("click", (event) => {
    if (event.target.closest("[data-panel-close]")) {
      const row = document.querySelector(`tr[data-uid="${chosen}"] a`);
      closePanel();
      row?.focus();
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && panel.firstElementChild) closePanel();
  });

  map.on("click", (event) => {
    const touch = window.matchMedia("(pointer: coarse)").matches ? 14 : 5;
    const box = [
      [event.point.x - touch, event.point.y - touch],
      [event.point.x + touch, event.point.y + touch],
    ];
    const at = (layers, where = event.point) => map.queryRenderedFeatures(where, { layers })[0];
    const place = at(PLACES);
    if (place) return openPlace(place);
    const region = at(REGIONS);
    if (region) return open(frame.dataset.regionPanel.replace("CODE", region.properties.code));
    const flow = at(FLOWS, box);
    if (flow) {
      const uid = "00000000-0000-0000-0000-000000000000";
      return open(frame.dataset.proposalPanel.replace(uid, flow.properties.uid));
    }
    const corridor = at(CORRIDORS, box);
    if (corridor) {
      const [from, to] = corridor.properties.corridor.split("-");
      const address = frame.dataset.corridorPanel.replace("FROM", from).replace("GOAL", to);
      return open(`${address}?${results().dataset.query}`);
    }
    if (at(HEXAGONS)) map.easeTo({ center: event.lngLat, zoom: map.getZoom() + 1.5 });
    return undefined;
  });

  function open(address) {
    window.htmx.ajax("GET", address, { target: "#panel", swap: "innerHTML" });
  }

  function openPlace(place) {
    const [lon, lat] = place.geometry.coordinates;
    if (place.properties.places > 1 && map.getZoom() < 14) {
      map.easeTo({ center: [lon, lat], zoom: map.getZoom() + 2 });
      return;
    }
    // A tile rounds a position to a 4096th of its width: the click reaches that far.
    const step = 40075016 / 2 ** Math.min(Math.floor(map.getZoom()), 14) / 4096;
    const address = new URL(frame.dataset.placePanel, window.location.href);
    address.search = results().dataset.query;
    address.searchParams.set("lon", lon.toFixed(5));
    address.searchParams.set("lat", lat.toFixed(5));
    address.searchParams.set("reach", String(Math.min(20000, Math.ceil(60 + 1.5 * step))));
    open(address.pathname + address.search);
  }

  for (const layer of [...FLOWS, ...CORRIDORS, ...REGIONS, ...PLACES, ...HEXAGONS]) {
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
  window.addEventListener("resize", () => map.resize());
}

// Empty filters and the layers of the beginning stay out of the address.
const LAYERS_AT_FIRST = "flows,offers,needs";
document.body.addEventListener("htmx:configRequest", (event) => {
  const asked = event.detail.parameters;
  for (const [name, value] of Object.entries(asked)) if (value === "") delete asked[name];
  if (event.detail.elt.id !== "filters") return;
  if (asked.month === "0") delete asked.month;
  const layers = new FormData(event.detail.elt).getAll("layer");
  if (layers.join() === LAYERS_AT_FIRST) delete asked.layer;
  else if (!layers.length) asked.layer = "none";
});
document.body.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel") panel.focus({ preventScroll: true });
});

start().catch((error) => {
  document.getElementById("map-loading").classList.add("is-done");
  document.getElementById("map-problem").hidden = false;
  console.warn(error);
});
