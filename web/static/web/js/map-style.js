// How the match map looks. Colours repeat the tokens of theme.css: blue is posted, ochre inferred.

const POSTED = ["interpolate", ["linear"], ["get", "weight"], 25, "#8db3dc", 45, "#2f6fb7", 65, "#123f78"];
const INFERRED = ["interpolate", ["linear"], ["get", "weight"], 25, "#e3b878", 45, "#c07a1a", 65, "#7d4600"];
const HAS_POSTED = [">", ["get", "posted"], 0];
const COUNT = ["+", ["get", "offers"], ["get", "needs"]];
const FONT = ["Sofia Sans"];
const AGREED = "#1d6f42";
const GAP = "#7b2d8b";
const NOTHING = { type: "FeatureCollection", features: [] };

// Width of a line by ten times the log10 of EUR ("weight") or of tenths of a tonne ("mass").
export function lineWidth(by) {
  const scale = by === "mass" ? [10, 0.8, 30, 1.5, 45, 3.6, 60, 8] : [20, 0.8, 40, 1.5, 55, 3.6, 70, 8];
  return ["interpolate", ["exponential", 1.7], ["get", by === "mass" ? "mass" : "weight"], ...scale];
}

// How many listings a place shows while only offers or only needs are drawn.
export function counted(sides) {
  if (sides.length === 1) return ["get", sides[0]];
  return COUNT;
}

export function radius(sides) {
  return ["interpolate", ["linear"], ["sqrt", counted(sides)], 1, 3.4, 4, 6, 12, 11, 40, 17];
}

export function regionRadius(sides) {
  return ["interpolate", ["linear"], ["sqrt", counted(sides)], 1, 9, 10, 14, 60, 24, 200, 34];
}

export function hexagonOpacity(sides) {
  return ["interpolate", ["linear"], ["sqrt", counted(sides)], 0, 0, 1, 0.18, 4, 0.34, 12, 0.52, 40, 0.72, 120, 0.85];
}

// Many bundles cross each other: only what is strong stands out.
function lineOpacity(layer, inferred) {
  if (layer === "flows") return inferred ? 0.62 : 0.82;
  return ["interpolate", ["linear"], ["get", "weight"], 35, 0.12, 50, inferred ? 0.35 : 0.5, 62, 0.9];
}

const LINES = { source: "flows", type: "line" };

function bundles(id, layer, inferred) {
  return {
    ...LINES,
    id,
    "source-layer": layer,
    filter: ["==", ["get", "inferred"], inferred],
    layout: { "line-sort-key": ["get", "weight"], "line-cap": inferred ? "butt" : "round" },
    paint: {
      "line-color": inferred ? INFERRED : POSTED,
      "line-width": lineWidth("weight"),
      "line-opacity": lineOpacity(layer, inferred),
      ...(inferred ? { "line-dasharray": [2.2, 1.4] } : {}),
    },
  };
}

function arrows(id, layer, minzoom) {
  return {
    id,
    type: "symbol",
    source: "flows",
    "source-layer": layer,
    minzoom,
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 180,
      "icon-image": "arrow",
      "icon-size": ["interpolate", ["linear"], ["get", "weight"], 20, 0.45, 60, 0.9],
      "icon-allow-overlap": true,
    },
    paint: { "icon-opacity": layer === "flows" ? 0.85 : ["interpolate", ["linear"], ["get", "weight"], 45, 0, 55, 0.85] },
  };
}

function circles(id, source, layer, posted) {
  return {
    id,
    type: "circle",
    source,
    "source-layer": layer,
    filter: posted ? HAS_POSTED : ["!", HAS_POSTED],
    paint: {
      "circle-radius": layer === "regions" ? regionRadius(["offers", "needs"]) : radius(["offers", "needs"]),
      "circle-color": posted ? "#1f5fa8" : "#ffffff",
      "circle-opacity": posted ? 0.85 : 0.75,
      "circle-stroke-color": posted ? "#ffffff" : "#c07a1a",
      "circle-stroke-width": 1.4,
    },
  };
}

function gaps(layer) {
  return {
    id: `gaps-${layer}`,
    type: "circle",
    source: "gaps",
    "source-layer": layer,
    paint: {
      "circle-radius": layer === "regions" ? regionRadius(["offers", "needs"]) : radius(["offers", "needs"]),
      "circle-color": "#ffffff",
      "circle-opacity": 0.8,
      "circle-stroke-color": GAP,
      "circle-stroke-width": 3,
    },
  };
}

export function style({ world, outlines, flows, places, gaps: unserved, deals }) {
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: world },
      oblasts: { type: "geojson", data: outlines },
      names: { type: "geojson", data: names(outlines) },
      flows: { type: "vector", tiles: [flows], minzoom: 3, maxzoom: 12 },
      places: { type: "vector", tiles: [places], minzoom: 3, maxzoom: 14 },
      gaps: { type: "vector", tiles: [unserved], minzoom: 3, maxzoom: 14 },
      deals: { type: "vector", tiles: [deals], minzoom: 3, maxzoom: 12 },
      chosen: { type: "geojson", data: NOTHING },
    },
    layers: [
      { id: "sea", type: "background", paint: { "background-color": "#dbe6ea" } },
      { id: "land", type: "fill", source: "world", paint: { "fill-color": "#f1f1ea" } },
      {
        id: "borders",
        type: "line",
        source: "world",
        paint: { "line-color": "#b9c2bf", "line-width": 0.8 },
      },
      { id: "oblasts", type: "fill", source: "oblasts", paint: { "fill-color": "#fdfdfa" } },
      {
        id: "oblast-borders",
        type: "line",
        source: "oblasts",
        paint: { "line-color": "#a9b7b4", "line-width": ["interpolate", ["linear"], ["zoom"], 5, 0.6, 9, 1.6] },
      },
      {
        id: "oblast-chosen",
        type: "line",
        source: "oblasts",
        filter: ["==", ["get", "code"], ""],
        paint: { "line-color": "#0d4f5c", "line-width": 2.5 },
      },
      {
        id: "hexagons",
        type: "fill",
        source: "places",
        "source-layer": "hexagons",
        paint: {
          "fill-color": ["case", HAS_POSTED, "#1f5fa8", "#c07a1a"],
          "fill-opacity": hexagonOpacity(["offers", "needs"]),
          "fill-outline-color": "#ffffff",
        },
      },
      {
        id: "gaps-hexagons",
        type: "line",
        source: "gaps",
        "source-layer": "hexagons",
        paint: { "line-color": GAP, "line-width": 1.8 },
      },
      bundles("corridors-inferred", "corridors", true),
      bundles("corridors-posted", "corridors", false),
      bundles("flows-inferred", "flows", true),
      bundles("flows-posted", "flows", false),
      {
        id: "deals-agreed",
        type: "line",
        source: "deals",
        "source-layer": "deals",
        filter: ["==", ["get", "delivered"], false],
        paint: { "line-color": AGREED, "line-width": ["+", 1, lineWidth("weight")], "line-dasharray": [1.4, 1.1] },
      },
      {
        id: "deals-delivered",
        type: "line",
        source: "deals",
        "source-layer": "deals",
        filter: ["==", ["get", "delivered"], true],
        layout: { "line-cap": "round" },
        paint: { "line-color": AGREED, "line-width": ["+", 1.5, lineWidth("weight")] },
      },
      arrows("corridor-arrows", "corridors", 4),
      arrows("flow-arrows", "flows", 7),
      circles("places-inferred", "places", "places", false),
      circles("places-posted", "places", "places", true),
      gaps("places"),
      circles("regions-inferred", "places", "regions", false),
      circles("regions-posted", "places", "regions", true),
      gaps("regions"),
      {
        id: "region-counts",
        type: "symbol",
        source: "places",
        "source-layer": "regions",
        layout: { "text-field": ["to-string", COUNT], "text-font": FONT, "text-size": 12, "text-allow-overlap": true },
        paint: { "text-color": ["case", HAS_POSTED, "#ffffff", "#5c3600"] },
      },
      {
        id: "chosen-case",
        type: "line",
        source: "chosen",
        layout: { "line-cap": "round" },
        paint: { "line-color": "#ffffff", "line-width": 10 },
      },
      {
        id: "chosen",
        type: "line",
        source: "chosen",
        layout: { "line-cap": "round" },
        paint: { "line-color": "#b3261e", "line-width": 5 },
      },
      {
        id: "chosen-arrow",
        type: "symbol",
        source: "chosen",
        layout: { "symbol-placement": "line-center", "icon-image": "arrow", "icon-size": 1, "icon-allow-overlap": true },
      },
      {
        id: "chosen-ends",
        type: "circle",
        source: "chosen",
        filter: ["==", ["geometry-type"], "Point"],
        paint: { "circle-radius": 6, "circle-color": "#b3261e", "circle-stroke-color": "#fff", "circle-stroke-width": 2 },
      },
      {
        id: "oblast-names",
        type: "symbol",
        source: "names",
        minzoom: 5.6,
        layout: {
          "text-field": ["get", "name"],
          "text-font": FONT,
          "text-size": ["interpolate", ["linear"], ["zoom"], 6, 11, 9, 15],
          "text-max-width": 7,
          "text-padding": 6,
        },
        paint: { "text-color": "#3c4d54", "text-halo-color": "#ffffff", "text-halo-width": 1.6 },
      },
    ],
  };
}

function names(outlines) {
  const language = document.documentElement.lang === "bg" ? "name_bg" : "name_en";
  return {
    type: "FeatureCollection",
    features: outlines.features
      .filter((oblast) => oblast.properties.centre)
      .map((oblast) => ({
        type: "Feature",
        properties: { name: oblast.properties[language] || oblast.properties.name_en },
        geometry: { type: "Point", coordinates: oblast.properties.centre },
      })),
  };
}

// A white arrow head with a dark rim, drawn once.
export function arrow() {
  const size = 28;
  const canvas = document.createElement("canvas");
  canvas.width = size;
  canvas.height = size;
  const pen = canvas.getContext("2d");
  pen.beginPath();
  pen.moveTo(7, 5);
  pen.lineTo(23, 14);
  pen.lineTo(7, 23);
  pen.lineTo(11, 14);
  pen.closePath();
  pen.fillStyle = "#ffffff";
  pen.fill();
  pen.lineWidth = 2;
  pen.strokeStyle = "#17343c";
  pen.stroke();
  return pen.getImageData(0, 0, size, size);
}
