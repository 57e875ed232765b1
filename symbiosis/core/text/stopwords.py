"""Words that say nothing about a material, and the small talk of listings."""

from __future__ import annotations

_ENGLISH = """
a about an and annually any approx approximately are as at available be been but by can daily
etc for from had has have how if in into is it its large largely looking lot lots monthly more
most much near need needed needs no not of off offer offered on one onto or other our out over
per please s such take that the their them then there these they this those to too under up very
via want wanted was we weekly well were what when where which while who will with within without
would yearly you your
"""

_BULGARIAN = """
а без би бъде в вас ви все всеки всички във г го годишно д да дневно до докато е един една едно
ето за зад и из или им има имаме имат ище как като което които кой която към ли между месечно ми
много може на над най наш наши не него нея ние но нужен нужна нужни някои няколко о обаче около
от още по под пред предлагам предлагаме през при с са само се седмично си след сме със също т
так така те тези това той търсим търся тя у че ще я
"""

ENGLISH = frozenset(_ENGLISH.split())
BULGARIAN = frozenset(_BULGARIAN.split())

_TURNS = "from after before during by when left for to in от след преди при за из в"
TURNS = frozenset(_TURNS.split())
"""Where the name of a thing ends and its origin or purpose begins."""
