// The same curve that the server draws for a proposal (symbiosis/tiles.py), for one chosen line.

const STAND_OFF = 0.18;
const STEPS = 32;

function toMercator([lon, lat]) {
  return [lon, (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))];
}

function toDegrees([x, y]) {
  return [x, (360 / Math.PI) * Math.atan(Math.exp((y * Math.PI) / 180)) - 90];
}

export function curve(from, to) {
  const [ax, ay] = toMercator(from);
  const [bx, by] = toMercator(to);
  const cx = (ax + bx) / 2 - STAND_OFF * (by - ay);
  const cy = (ay + by) / 2 + STAND_OFF * (bx - ax);
  return Array.from({ length: STEPS + 1 }, (_, i) => {
    const t = i / STEPS;
    const u = 1 - t;
    return toDegrees([
      u * u * ax + 2 * u * t * cx + t * t * bx,
      u * u * ay + 2 * u * t * cy + t * t * by,
    ]);
  });
}

export function bounds(points) {
  const lons = points.map((point) => point[0]);
  const lats = points.map((point) => point[1]);
  return [
    [Math.min(...lons), Math.min(...lats)],
    [Math.max(...lons), Math.max(...lats)],
  ];
}
