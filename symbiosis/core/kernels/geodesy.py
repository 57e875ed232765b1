"""Distances on the WGS 84 ellipsoid for millions of pairs."""

from __future__ import annotations

import math

import numpy as np

from symbiosis.core.kernels.jit import kernel, part

SEMI_MAJOR_KM = 6378.137
FLATTENING = 1 / 298.257223563
SEMI_MINOR_KM = SEMI_MAJOR_KM * (1 - FLATTENING)
ECCENTRICITY_2 = FLATTENING * (2 - FLATTENING)
MEAN_RADIUS_KM = 6371.0088
CURVATURE_SPREAD = 0.012
STEPS = 60


@kernel
def earth_centred(latitude, longitude):
    """Degrees to earth-centred x, y, z in km on the ellipsoid, one row a place."""
    xyz = np.empty((len(latitude), 3))
    for i in range(len(latitude)):
        phi, lam = math.radians(latitude[i]), math.radians(longitude[i])
        normal = SEMI_MAJOR_KM / math.sqrt(1 - ECCENTRICITY_2 * math.sin(phi) ** 2)
        xyz[i, 0] = normal * math.cos(phi) * math.cos(lam)
        xyz[i, 1] = normal * math.cos(phi) * math.sin(lam)
        xyz[i, 2] = normal * (1 - ECCENTRICITY_2) * math.sin(phi)
    return xyz


@part
def chord_km(xyz, i, other, j):
    """Straight through the earth."""
    dx = xyz[i, 0] - other[j, 0]
    dy = xyz[i, 1] - other[j, 1]
    dz = xyz[i, 2] - other[j, 2]
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@part
def arc_km(chord):
    """Along the surface, from the chord by the series of the arcsine at the mean radius.

    Off by at most CURVATURE_SPREAD x chord^3 / (24 R^2) on the ellipsoid: a millimetre at 50 km.
    """
    share = chord / MEAN_RADIUS_KM
    square = share * share
    return chord * (1.0 + square / 24.0 + 3.0 * square * square / 640.0)


@part
def doubt_km(chord):
    """How far `arc_km` may be off."""
    share = chord / MEAN_RADIUS_KM
    return chord * (CURVATURE_SPREAD * share * share / 24.0 + 1e-7)


@part
def geodesic_km(latitude, longitude, to_latitude, to_longitude):
    """Shortest distance on the ellipsoid, to less than a millimetre at the distances of a market.

    Reference: Vincenty, Survey Review 23 (1975) 88-93, inverse formula.
    """
    u1 = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude)))
    u2 = math.atan((1 - FLATTENING) * math.tan(math.radians(to_latitude)))
    apart = math.radians(to_longitude - longitude)
    sin1, cos1, sin2, cos2 = math.sin(u1), math.cos(u1), math.sin(u2), math.cos(u2)
    lam = apart
    cos_sq = 0.0
    sin_sigma = cos_sigma = sigma = cos_2m = 0.0
    for _ in range(STEPS):
        sin_lam, cos_lam = math.sin(lam), math.cos(lam)
        sin_sigma = math.hypot(cos2 * sin_lam, cos1 * sin2 - sin1 * cos2 * cos_lam)
        if sin_sigma == 0.0:
            return 0.0
        cos_sigma = sin1 * sin2 + cos1 * cos2 * cos_lam
        sigma = math.atan2(sin_sigma, cos_sigma)
        sin_alpha = cos1 * cos2 * sin_lam / sin_sigma
        cos_sq = 1 - sin_alpha * sin_alpha
        cos_2m = cos_sigma - 2 * sin1 * sin2 / cos_sq if cos_sq > 0 else 0.0
        c = FLATTENING / 16 * cos_sq * (4 + FLATTENING * (4 - 3 * cos_sq))
        before = lam
        lam = apart + (1 - c) * FLATTENING * sin_alpha * (
            sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (2 * cos_2m * cos_2m - 1))
        )
        if abs(lam - before) < 1e-13:
            break
    u_sq = cos_sq * (SEMI_MAJOR_KM**2 - SEMI_MINOR_KM**2) / SEMI_MINOR_KM**2
    a = 1 + u_sq / 16384 * (4096 + u_sq * (-768 + u_sq * (320 - 175 * u_sq)))
    b = u_sq / 1024 * (256 + u_sq * (-128 + u_sq * (74 - 47 * u_sq)))
    twice = 2 * cos_2m * cos_2m - 1
    inner = cos_sigma * twice - b / 6 * cos_2m * (4 * sin_sigma**2 - 3) * (4 * cos_2m**2 - 3)
    return SEMI_MINOR_KM * a * (sigma - b * sin_sigma * (cos_2m + b / 4 * inner))


@part
def within_km(reach, chord, latitude, longitude, to_latitude, to_longitude):
    """Whether a pair lies within reach by the geodesic; the chord settles all but the closest."""
    arc = arc_km(chord)
    doubt = doubt_km(chord)
    if arc + doubt <= reach:
        return True
    if arc - doubt > reach:
        return False
    return geodesic_km(latitude, longitude, to_latitude, to_longitude) <= reach


@kernel
def distances_km(xyz, rows, other, to_rows):
    """Surface distance of pairs of places; the arc of the chord."""
    km = np.empty(len(rows))
    for e in range(len(rows)):
        km[e] = arc_km(chord_km(xyz, rows[e], other, to_rows[e]))
    return km


@kernel
def geodesics_km(latitude, longitude, to_latitude, to_longitude):
    """Geodesic distance of pairs given in degrees, element by element."""
    km = np.empty(len(latitude))
    for e in range(len(latitude)):
        km[e] = geodesic_km(latitude[e], longitude[e], to_latitude[e], to_longitude[e])
    return km
