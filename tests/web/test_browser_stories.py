"""What people do, driven through Chromium in both languages, at a desk and on a phone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from marketplace.models import Need, Offer
from tests.web.browser import DESKTOP, PHONE, sign_in
from tests.web.market import PASSWORD, Market

# Reads go through the test's own transaction; the server commits through its own connection.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db]

phone_only = pytest.mark.parametrize("size", [PHONE], ids=["phone"])
desk_only = pytest.mark.parametrize("size", [DESKTOP], ids=["desktop"])
HOSTILE = [
    "<script>window.pwned=1</script>",
    '"><img src=x onerror=window.pwned=1>',
    "'-alert(1)-'{{7*7}}{% debug %}",
    "javascript:window.pwned=1",
    "<svg onload=window.pwned=1>",
]


def open_map(page: Page, address: str = "/map/") -> None:
    page.goto(address)
    page.wait_for_selector("#map[data-ready=true]", timeout=40_000)


def fits(page: Page) -> bool:
    """Nothing sticks out sideways."""
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def flows_on_screen(page: Page) -> list[str]:
    """Ids of the proposals whose lines the map has drawn."""
    return list(
        page.evaluate(
            """() => window.matchMap.queryRenderedFeatures({layers: ["flows-posted",
                "flows-inferred"]}).map(f => f.properties.uid)"""
        )
    )


def test_the_map_draws_proposals_and_leads_to_their_page(
    page: Page, market: Market, language: str
) -> None:
    here, there = (side.public_location for side in (market.posted.offer, market.posted.need))
    open_map(page, f"/map/#at=8/{(here.y + there.y) / 2}/{(here.x + there.x) / 2}")
    page.wait_for_function("window.matchMap.areTilesLoaded()")
    assert str(market.posted.uid) in flows_on_screen(page)
    assert fits(page)
    spot = page.evaluate(
        """uid => {
            const pieces = window.matchMap.querySourceFeatures("flows", {sourceLayer: "flows",
                filter: ["==", ["get", "uid"], uid]});
            const box = document.getElementById("map").getBoundingClientRect();
            const middle = {x: box.width / 2, y: box.height / 2};
            const points = pieces.flatMap(piece => piece.geometry.type === "LineString"
                ? piece.geometry.coordinates : piece.geometry.coordinates.flat())
                .map(at => window.matchMap.project(at));
            const far = at => Math.hypot(at.x - middle.x, at.y - middle.y);
            const best = points.reduce((one, other) => (far(other) < far(one) ? other : one));
            return [best.x + box.left, best.y + box.top];
        }""",
        str(market.posted.uid),
    )
    page.mouse.click(*spot)
    panel = page.locator("#panel .panel-body")
    panel.wait_for()
    panel.locator("a.btn-primary").click()
    page.wait_for_url(re.compile("/proposals/proposal_"))
    expect(page.locator("h1")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == language
    assert fits(page)


def test_the_table_narrows_with_the_filters_and_keeps_them_in_the_address(
    page: Page, market: Market, size: dict[str, int]
) -> None:
    open_map(page)
    if size is PHONE:
        page.click(".map-filters > summary")
    page.locator(".seg-inferred").click()
    page.wait_for_url(re.compile("shown=inferred"))
    expect(page.locator("#results tr.is-posted")).to_have_count(0)
    assert page.locator("#results tr.is-inferred").count() > 0
    page.select_option("#id_region", "BG421")
    page.wait_for_url(re.compile("region=BG421"))
    address = page.url
    page.goto(address)
    expect(page.locator("#id_region")).to_have_value("BG421")
    expect(page.locator(".seg-inferred input")).to_be_checked()
    assert "pillar=" not in address


@desk_only
def test_a_view_with_layers_and_month_can_be_sent(page: Page, market: Market) -> None:
    open_map(page)
    drawn = page.evaluate(
        "window.matchMap.queryRenderedFeatures({layers: ['corridors-posted']}).length"
    )
    assert drawn > 0
    page.click(".map-layers summary")
    page.check(".layer-gaps input")
    page.wait_for_url(re.compile("layer=gaps"))
    page.uncheck(".layer-flows input")
    page.wait_for_function("!location.search.includes('layer=flows')")
    page.locator("#id_month").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("month=1"))
    open_map(page, page.url)
    expect(page.locator(".layer-gaps input")).to_be_checked()
    expect(page.locator("#id_month")).to_have_value("1")
    visible = "window.matchMap.getLayoutProperty('corridors-posted', 'visibility')"
    assert page.evaluate(visible) == "none"


@desk_only
def test_regions_are_compared_and_the_map_is_saved_as_a_picture(page: Page, market: Market) -> None:
    open_map(page, "/map/#at=5/42.7/25.4")
    page.evaluate("""window.htmx.ajax("GET", "/map/regions/BG421/", "#panel")""")
    page.select_option("#compare-with", "BG331")
    expect(page.locator(".compare-table thead th")).to_have_count(3)
    with page.expect_download() as saved:
        page.click("[data-map-png]")
    assert saved.value.suggested_filename.endswith(".png")
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")


@desk_only
def test_a_row_opens_the_panel_and_escape_closes_it(page: Page, market: Market) -> None:
    open_map(page)
    page.locator("#results .row-link").first.click()
    page.locator("#panel h2").wait_for()
    page.keyboard.press("Escape")
    expect(page.locator("#panel > *")).to_have_count(0)


@desk_only
def test_the_material_filter_suggests_by_synonym_from_the_keyboard(
    page: Page, market: Market, language: str
) -> None:
    open_map(page)
    page.locator("#material_text").press_sequentially(
        {"bg": "бирена каша", "en": "draff"}[language]
    )
    page.locator("[role=option]").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("material=brewers-spent-grain"))
    expect(page.locator("#results tbody tr")).to_have_count(1)


@phone_only
def test_a_firm_posts_an_offer_on_a_phone(page: Page, market: Market, language: str) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/offers/new/")
    page.locator("#id_material_text").press_sequentially({"bg": "суроватк", "en": "whey"}[language])
    page.locator("[role=option]").first.click()
    page.fill("#id_quantity_value", "12,5")
    page.select_option("#id_quantity_basis", "month")
    expect(page.locator("#meter")).to_contain_text("40 %")
    assert fits(page)
    page.locator("#listing-form button[type=submit]").click()
    page.wait_for_url(re.compile("/offers/offer_"))
    posted = Offer.objects.latest("id")
    assert posted.base_quantity == 150_000
    assert posted.material.code.find("whey") >= 0
    assert posted.language == language
    assert posted.site_id == market.owner_site.pk
    assert fits(page)


@phone_only
def test_a_need_at_a_new_place_asks_which_settlement_is_meant(
    page: Page, market: Market, language: str
) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/needs/new/")
    page.fill("#id_material_text", {"bg": "Дървесни стърготини (трици)", "en": "Sawdust"}[language])
    page.select_option("#id_site", "new")
    page.fill("#id_place", {"bg": "с. Баня", "en": "Banya"}[language])
    page.fill("#id_quantity_value", "300")
    before = Need.objects.count()
    page.locator("#listing-form button[type=submit]").click()
    choices = page.locator("input[name=place_id]")
    expect(choices).to_have_count(2)
    assert Need.objects.count() == before
    page.locator("label", has_text={"bg": "Разлог", "en": "Разлог"}[language]).click()
    page.locator("#listing-form button[type=submit]").click()
    page.wait_for_url(re.compile("/needs/need_"))
    need = Need.objects.latest("id")
    assert need.site.region.code == "BG413"
    assert need.material.code == "sawdust"


@desk_only
def test_a_refused_form_says_why_and_keeps_what_was_typed(page: Page, market: Market) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/offers/new/")
    page.fill("#id_material_text", "straw")
    page.fill("#id_quantity_value", "-3")
    page.locator("#listing-form button[type=submit]").click()
    page.locator(".notice.is-error").first.wait_for()
    expect(page.locator("#id_quantity_value")).to_have_value("-3")
    assert page.locator(".choices input[name=material]").count() >= 2


@desk_only
def test_hostile_text_is_shown_and_never_run(page: Page, market: Market) -> None:
    sign_in(page, market.owner.email, PASSWORD)
    for text in HOSTILE:
        page.goto("/offers/new/")
        page.locator("#id_material_text").fill(text)
        page.select_option("#id_site", market.owner_site.public_id)
        page.fill("#id_quantity_value", "5")
        page.locator("#listing-form button[type=submit]").click()
        expect(page.locator("#id_material_text")).to_have_value(text)
        page.evaluate("document.getElementById('id_material').value = 'whey'")
        page.locator("#more").evaluate("fold => { fold.open = true }")
        for field in ("title", "description", "quality_notes"):
            page.fill(f"#id_{field}", text)
        page.locator("#listing-form button[type=submit]").click()
        page.wait_for_url(re.compile("/offers/offer_"))
        expect(page.locator("h1")).to_have_text(text)
    listed = Offer.objects.filter(title__in=HOSTILE)
    assert listed.count() >= len(HOSTILE)
    at = market.owner_site.location
    open_map(page, f"/map/#at=13/{at.y}/{at.x}")
    page.evaluate(
        """([lon, lat]) => window.htmx.ajax("GET",
            `/map/places/?lon=${lon}&lat=${lat}&reach=200`, "#panel")""",
        [at.x, at.y],
    )
    expect(page.locator("#panel")).to_contain_text(HOSTILE[0])
    assert page.evaluate("window.pwned") is None


def test_the_language_switches_and_stays(page: Page, language: str, size: dict[str, int]) -> None:
    other = {"bg": "en", "en": "bg"}[language]
    page.goto("/")
    assert page.locator("html").get_attribute("lang") == language
    assert fits(page)
    if size is PHONE:
        page.click("[data-nav-toggle]")
    page.locator(f".lang-switch button[value={other}]").click()
    expect(page.locator("html")).to_have_attribute("lang", other)
    page.goto("/accounts/login/")
    expect(page.locator("html")).to_have_attribute("lang", other)


def test_an_officer_sees_the_chamber_desk_and_a_firm_does_not(page: Page, market: Market) -> None:
    sign_in(page, market.officer.email, PASSWORD)
    page.goto("/chamber/")
    expect(page.locator("h1")).to_contain_text(re.compile("Пловдив|Plovdiv"))
    assert fits(page)
    page.context.clear_cookies()
    sign_in(page, market.owner.email, PASSWORD)
    page.goto("/my/")
    assert page.locator("main table a").count() >= 1
    assert page.locator("a[href='/chamber/']").count() == 0
    assert fits(page)


@desk_only
def test_the_keyboard_reaches_the_content_first(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"
