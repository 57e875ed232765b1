// How the match map looks. Colours repeat the tokens of theme.css: blue is posted, ochre inferred.

const POSTED = ["interpolate", ["linear"], ["get", "weight"], 25, "#8db3dc", 45, "#2f6fb7", 65, "#123f78"];
const INFERRED = ["interpolate", ["linear"], ["get", "weight"], 25, "#e3b878", 45, "#c07a1a", 65, "#7d4600"];
const WIDTH = ["interpolate", ["exponential", 1.7], ["get", "weight"], 20, 0.8, 40, 1.5, 55, 3.6, 70, 8];
const RADIUS = ["interpolate", ["linear"], ["sqrt", ["get", "places"]], 1, 3.2, 4, 6, 12, 11, 40, 17];
const HAS_POSTED = [">", ["get", "posted"], 0];
const FONT = ["Sofia Sans"];
const NOTHING = { type: "FeatureCollection", features: [] };

export function style({ world, outlines, flows, places }) {
  return {
    version: 8,
    sources: {
      world: { type: "geojson", data: world },
      oblasts: { type: "geojson", data: outlines },
      names: { type: "geojson", data: names(outlines) },
      flows: { type: "vector", tiles: [flows], minzoom: 3, maxzoom: 12, promoteId: "uid" },
      places: { type: "vector", tiles: [places], minzoom: 3, maxzoom: 13 },
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
        id: "flows-inferred",
        type: "line",
        source: "flows",
        "source-layer": "flows",
        filter: ["==", ["get", "inferred"], true],
        layout: { "line-sort-key": ["get", "weight"] },
        paint: { "line-color": INFERRED, "line-width": WIDTH, "line-opacity": 0.62, "line-dasharray": [2.2, 1.4] },
      },
      {
        id: "flows-posted",
        type: "line",
        source: "flows",
        "source-layer": "flows",
        filter: ["==", ["get", "inferred"], false],
        layout: { "line-sort-key": ["get", "weight"], "line-cap": "round" },
        paint: { "line-color": POSTED, "line-width": WIDTH, "line-opacity": 0.82 },
      },
      {
        id: "flow-arrows",
        type: "symbol",
        source: "flows",
        "source-layer": "flows",
        minzoom: 7,
        layout: {
          "symbol-placement": "line",
          "symbol-spacing": 180,
          "icon-image": "arrow",
          "icon-size": ["interpolate", ["linear"], ["get", "weight"], 20, 0.45, 60, 0.9],
          "icon-allow-overlap": true,
        },
        paint: { "icon-opacity": 0.85 },
      },
      {
        id: "places-inferred",
        type: "circle",
        source: "places",
        "source-layer": "places",
        filter: ["!", HAS_POSTED],
        paint: {
          "circle-radius": RADIUS,
          "circle-color": "#ffffff",
          "circle-opacity": 0.75,
          "circle-stroke-color": "#c07a1a",
          "circle-stroke-width": 1.4,
        },
      },
      {
        id: "places-posted",
        type: "circle",
        source: "places",
        "source-layer": "places",
        filter: HAS_POSTED,
        paint: {
          "circle-radius": RADIUS,
          "circle-color": "#1f5fa8",
          "circle-opacity": 0.85,
          "circle-stroke-color": "#ffffff",
          "circle-stroke-width": 1.4,
        },
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
