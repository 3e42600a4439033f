"""Wie doet wat: a page that tenants can search, filter, link to and print, tried in a real browser."""

import os
import re
import shutil
from datetime import date

import pytest

from triage.guide import write_guide

CHROMIUM = shutil.which("chromium")
CAT_FLAP = """
  - id: odd.rule
    title: {{nl: Kattenluik, en: Cat flap}}
    responsible: landlord
    basis: own:{}
    words: {{nl: [luikje]}}
"""


@pytest.fixture(scope="module")
def pages(bundled, tmp_path_factory):
    folder = tmp_path_factory.mktemp("guide")
    write_guide(bundled.catalogue, folder)
    return folder


@pytest.mark.parametrize("name", ["index.html", "en.html"])
def test_every_rule_stands_on_the_page_once(pages, bundled, name):
    html = (pages / name).read_text(encoding="utf-8")
    assert re.findall(r'<details class="rule \w+" id="([^"]+)"', html).__len__() == len(bundled.catalogue.rules)
    assert all(f'id="{rule.id}"' in html for rule in bundled.catalogue.rules)


@pytest.mark.parametrize("name", ["index.html", "en.html"])
def test_the_page_needs_nothing_from_elsewhere(pages, name):
    html = (pages / name).read_text(encoding="utf-8")
    assert not re.search(r"<(script|link|img|iframe)[^>]+(src|href)=", html)
    assert "default-src 'none'" in html


def test_what_an_association_says_is_escaped(lay, tmp_path):
    catalogue = lay("""
rules:
  - id: odd.rule
    title: {nl: "<script>alert(1)</script>", en: "Odd & \\"quoted\\""}
    responsible: landlord
    basis: own:1
    words: {nl: ['"><b>']}
""")
    write_guide(catalogue, tmp_path / "guide", date(2026, 6, 1))
    html = (tmp_path / "guide" / "index.html").read_text(encoding="utf-8")
    assert "<script>alert" not in html
    assert '"><b>' not in html


def rule_of(pages, name, rule):
    return re.search(rf'<details[^>]+id="{rule}".*?</details>', (pages / name).read_text(encoding="utf-8"), re.S)[0]


@pytest.mark.parametrize(
    ("name", "rule", "told"),
    [
        ("index.html", "tap.drips", "Kan wachten tot u tijd hebt."),
        ("index.html", "alarm.smoke_battery", "Doe dit vandaag nog."),
        ("index.html", "lock.locked_out", "Doe dit meteen."),
        ("index.html", "gas.smell", "Bel meteen, ook &#x27;s avonds en in het weekend."),
        ("en.html", "tap.drips", "Can wait until you have time."),
        ("en.html", "lock.locked_out", "Do this at once."),
    ],
)
def test_who_does_it_themselves_is_told_when_to_do_it_and_not_when_to_report_it(pages, name, rule, told):
    assert f">{told}</dd>" in rule_of(pages, name, rule)


def test_in_danger_what_to_do_comes_before_the_reason_and_nobody_is_blamed(pages, bundled):
    burst, drips = bundled.catalogue.rule("pipe.burst"), bundled.catalogue.rule("tap.drips")
    shown = rule_of(pages, "index.html", "pipe.burst")
    assert shown.index(burst.tip.nl) < shown.index("Bel meteen") < shown.index(burst.why.nl)
    for fault in ("own_fault", "misuse"):
        assert bundled.catalogue.circumstance(fault).because.nl not in shown
    assert bundled.catalogue.circumstance("own_addition").because.nl in shown
    shown = rule_of(pages, "index.html", "tap.drips")
    assert shown.index(drips.why.nl) < shown.index(drips.tip.nl)


def test_safety_comes_first(pages):
    assert re.search(r'id="area-(\w+)"', (pages / "index.html").read_text(encoding="utf-8"))[1] == "safety"


def test_what_nobody_translated_is_marked_as_dutch(lay, tmp_path):
    catalogue = lay("""
rules:
  - id: odd.rule
    title: {nl: Kattenluik, en: Kattenluik}
    responsible: landlord
    basis: own:1
    words: {nl: [luikje]}
""")
    write_guide(catalogue, tmp_path, date(2026, 6, 1))
    assert '<span lang="nl">Kattenluik</span>' in rule_of(tmp_path, "en.html", "odd.rule")
    assert "<span lang" not in rule_of(tmp_path, "index.html", "odd.rule")


def test_what_holds_for_some_tenancies_alone_is_told_beside_what_holds_for_others(lay, tmp_path):
    catalogue = lay("""
changes:
  - {rule: tap.drips, responsible: landlord, basis: 'own:2.1', tenancy_from: 2024-01-01}
  - {rule: light.bulb, responsible: landlord, basis: 'own:2.2', tenancy_until: 2019-12-31}
  - {rule: toilet.seat, responsible: landlord, basis: 'own:2.3', tenancy_from: 2020-01-01, tenancy_until: 2023-12-31}
""")
    write_guide(catalogue, tmp_path, date(2026, 6, 1))
    told = "Verhuurder, als uw huurcontract op of na 1-1-2024 begon <small>(Ons ABC, 2.1)"
    assert told in rule_of(tmp_path, "index.html", "tap.drips")
    assert "Landlord, if your tenancy started on or after 2024-01-01" in rule_of(tmp_path, "en.html", "tap.drips")
    assert "als uw huurcontract op of voor 31-12-2019 begon" in rule_of(tmp_path, "index.html", "light.bulb")
    assert "van 1-1-2020 tot en met 31-12-2023 begon" in rule_of(tmp_path, "index.html", "toilet.seat")


def test_a_rule_that_holds_for_some_tenancies_alone_is_listed_with_these(lay, tmp_path):
    own = "rules:" + CAT_FLAP.format(1) + "    tenancy_from: 2024-01-01\n    valid_until: 2026-12-31\n"
    write_guide(lay(own), tmp_path, date(2026, 6, 1))
    shown = rule_of(tmp_path, "index.html", "odd.rule")
    assert "Dit geldt als uw huurcontract op of na 1-1-2024 begon." in shown
    write_guide(lay(own), tmp_path, date(2027, 6, 1))
    assert 'id="odd.rule"' not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_all_tenancies_for_which_a_rule_holds_are_told(lay, tmp_path):
    own = "rules:" + CAT_FLAP.format(1) + "    tenancy_from: 2024-01-01"
    own += CAT_FLAP.format(2) + "    tenancy_until: 2010-12-31\n"
    write_guide(lay(own), tmp_path, date(2026, 6, 1))
    shown, english = (rule_of(tmp_path, name, "odd.rule") for name in ("index.html", "en.html"))
    assert "uw huurcontract op of na 1-1-2024 begon of uw huurcontract op of voor 31-12-2010 begon." in shown
    assert "started on or after 2024-01-01 or your tenancy started on or before 2010-12-31." in english


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None and not os.environ.get("CI"):
        pytest.skip("needs Debian's chromium and chromium-driver")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-sync"):
        options.add_argument(f"--{flag}")
    for flag in ("disable-background-networking", "disable-component-update", "window-size=390,844"):
        options.add_argument(f"--{flag}")
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


def visit(browser, pages, place="index.html"):
    browser.get("about:blank")
    browser.get((pages / "index.html").as_uri().replace("index.html", place))
    browser.execute_async_script("setTimeout(arguments[0], 50)")  # after what the page does when it is loaded


def visible(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('details')].filter(r => r.checkVisibility()).map(r => r.id)"
    )


def search(browser, words):
    browser.execute_script(
        "const q = document.getElementById('query'); q.value = arguments[0]; q.dispatchEvent(new Event('input'))", words
    )
    return visible(browser)


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("wc loopt door", "toilet.runs"),
        ("wc lopt dor", "toilet.runs"),
        ("de krraan in de keuken drupt", "tap.drips"),
        ("sleutl kwijt", "lock.key_lost"),
        ("wc verstopt", "drain.toilet_blocked"),
        ("dakgoot schoonmaaken", "gutter.clean"),
    ],
)
def test_search_finds_what_people_write_with_typos_too(browser, pages, asked, rule):
    visit(browser, pages)
    assert rule in search(browser, asked)[:3]


@pytest.mark.parametrize(
    ("asked", "rule"),
    [
        ("wc loopt door", "toilet.runs"),
        ("kraan lekt", "tap.drips"),
        ("muisen", "pest.mice"),
        ("gas", "gas.smell"),
    ],
)
def test_search_puts_first_what_few_rules_know_and_what_the_title_says(browser, pages, asked, rule):
    visit(browser, pages)
    assert search(browser, asked)[0] == rule


def test_of_rules_that_fit_alike_the_dangerous_one_comes_first(browser, lay, tmp_path):
    catalogue = lay("""
rules:
  - id: odd.hatch
    title: {nl: Wombat klemt, en: Hatch}
    responsible: landlord
    basis: own:1
    words: {nl: [luikje]}
  - id: odd.trap
    title: {nl: Wombat valt, en: Trap}
    responsible: landlord
    basis: own:1
    urgency: emergency
    words: {nl: [luikje]}
""")
    write_guide(catalogue, tmp_path, date(2026, 6, 1))
    visit(browser, tmp_path)
    assert search(browser, "wombat") == ["odd.trap", "odd.hatch"]


def test_what_is_asked_is_sought_under_every_letter_and_answered_near_the_top(browser, pages):
    visit(browser, pages)
    browser.find_element("css selector", "button[value='w']").click()
    assert search(browser, "kraan lekt")[0] == "tap.drips"
    assert not browser.find_element("class name", "letters").is_displayed()
    first = "return document.querySelector('#found details').getBoundingClientRect().top / innerHeight"
    assert browser.execute_script(first) < 2 / 3
    search(browser, "")
    assert browser.find_element("class name", "letters").is_displayed()
    assert browser.find_elements("css selector", "button[aria-pressed='true']") == []


def test_one_rule_is_told_in_the_singular(browser, pages):
    visit(browser, pages)
    assert search(browser, "septictank") == ["drain.septic"]
    assert browser.find_element("id", "told").text == "1 regel gevonden."


def test_search_says_when_there_is_nothing(browser, pages):
    visit(browser, pages)
    assert search(browser, "qqqqzzzz") == []
    assert "Niets gevonden" in browser.find_element("id", "told").text


def test_filters_narrow_the_list_and_clearing_brings_it_back(browser, pages, bundled):
    visit(browser, pages)
    everything = visible(browser)
    assert len(everything) == len(bundled.catalogue.rules)
    browser.execute_script(
        "const w = document.getElementById('who'); w.value = 'tenant'; w.dispatchEvent(new Event('input'))"
    )
    tenants = {rule.id for rule in bundled.catalogue.rules if rule.responsible == "tenant"}
    assert set(visible(browser)) == tenants
    browser.execute_script(
        "const a = document.getElementById('area'); a.value = 'kitchen'; a.dispatchEvent(new Event('input'))"
    )
    assert set(visible(browser)) == {r.id for r in bundled.catalogue.rules if r.id in tenants and r.area == "kitchen"}
    browser.execute_script(
        "for (const id of ['who', 'area']) document.getElementById(id).value = ''; document.getElementById('area').dispatchEvent(new Event('input'))"
    )
    assert visible(browser) == everything


def test_a_letter_shows_what_starts_with_it(browser, pages, bundled):
    visit(browser, pages)
    browser.find_element("css selector", "button[value='w']").click()
    assert set(visible(browser)) == {r.id for r in bundled.catalogue.rules if r.title.nl.lower().startswith("w")}


def test_a_deep_link_opens_its_rule(browser, pages):
    visit(browser, pages, "index.html#roof.leak")
    rule = browser.find_element("id", "roof.leak")
    assert rule.get_attribute("open") is not None
    top = browser.execute_script("return arguments[0].getBoundingClientRect().top", rule)
    assert 0 <= top < 844
    assert browser.switch_to.active_element.tag_name == "summary"


def test_opening_a_rule_gives_its_link(browser, pages):
    visit(browser, pages)
    browser.execute_script("document.getElementById('tap.drips').open = true")
    browser.implicitly_wait(1)
    assert (
        browser.execute_async_script("const done = arguments[0]; setTimeout(() => done(location.hash), 100)")
        == "#tap.drips"
    )


def test_the_other_language_shows_the_same_rule(browser, pages):
    visit(browser, pages, "index.html#roof.leak")
    browser.execute_script("document.querySelector('header a').click()")
    browser.execute_async_script("setTimeout(arguments[0], 200)")
    assert browser.current_url.endswith("en.html#roof.leak")


def test_a_rule_shows_that_it_opens(browser, pages):
    visit(browser, pages, "index.html#roof.leak")
    sign = "return getComputedStyle(document.getElementById(arguments[0]).querySelector('h3'), '::before').content"
    assert "▾" in browser.execute_script(sign, "roof.leak")
    assert "▸" in browser.execute_script(sign, "tap.drips")


def test_printing_leaves_the_address_and_what_was_open_as_they_were(browser, pages):
    visit(browser, pages, "index.html#roof.leak")
    for moment in ("beforeprint", "afterprint"):
        browser.execute_async_script("dispatchEvent(new Event(arguments[0])); setTimeout(arguments[1], 200)", moment)
        assert browser.current_url.endswith("#roof.leak")
    opened = "return [...document.querySelectorAll('details[open]')].map(r => r.id)"
    assert browser.execute_script(opened) == ["roof.leak"]


def test_the_print_shows_every_answer_and_no_controls(browser, pages):
    visit(browser, pages)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script(
        "return [...document.querySelectorAll('details .body p')].filter(p => p.checkVisibility({contentVisibilityAuto: true})).length"
    )
    needless = "return [...document.querySelectorAll(arguments[0])].filter(part => part.checkVisibility()).length"
    left = browser.execute_script(needless, "form, .letters, #told, header a, blockquote")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == len(visible(browser))
    assert left == 0


def test_the_page_fits_a_phone_and_names_its_controls(browser, pages):
    visit(browser, pages)
    for width in (390, 320):
        screen = {"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": True}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('input,select')].filter(c => !c.labels.length).length"
    )
    assert unnamed == 0
    assert browser.find_element("class name", "letters").aria_role == "group"
    assert browser.find_element("class name", "letters").accessible_name == "Op letter"
    assert browser.find_element("id", "told").get_attribute("role") == "status"
    assert browser.get_log("browser") == []


def brightness(colour):
    parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_edges_of_controls_stand_out_as_wcag_asks(browser, pages, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    visit(browser, pages)
    ground = brightness(browser.find_element("tag name", "body").value_of_css_property("background-color"))
    for control in browser.find_elements("css selector", "input, select, button"):
        edge = brightness(control.value_of_css_property("border-top-color"))
        assert (max(edge, ground) + 0.05) / (min(edge, ground) + 0.05) >= 3
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def test_the_part_of_the_house_is_escaped_too(lay, tmp_path):
    catalogue = lay("""
rules:
  - {id: odd.rule, title: {nl: Iets, en: Thing}, area: '"><b>x</b>', responsible: landlord, basis: own:1, words: {nl: [iets]}}
""")
    write_guide(catalogue, tmp_path / "guide", date(2026, 6, 1))
    html = (tmp_path / "guide" / "index.html").read_text(encoding="utf-8")
    assert "<b>x" not in html.casefold()
    assert 'data-area="&quot;&gt;&lt;b&gt;x&lt;/b&gt;"' in html
