"""Wie doet wat: a page that tenants can search, filter, link to and print, tried in a real browser."""

import os
import re
import shutil
from datetime import date

import pytest

from triage.guide import write_guide

CHROMIUM = shutil.which("chromium")


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
        ("dakgoot schoonmaaken", "gutter.clean"),
    ],
)
def test_search_finds_what_people_write_with_typos_too(browser, pages, asked, rule):
    visit(browser, pages)
    assert rule in search(browser, asked)[:3]


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


def test_the_print_shows_every_answer_and_no_controls(browser, pages):
    visit(browser, pages)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    shown = browser.execute_script(
        "return [...document.querySelectorAll('details .body p')].filter(p => p.checkVisibility({contentVisibilityAuto: true})).length"
    )
    controls = browser.execute_script("return document.querySelector('form').checkVisibility()")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown == len(visible(browser))
    assert not controls


def test_the_page_fits_a_phone_and_names_its_controls(browser, pages):
    visit(browser, pages)
    assert browser.execute_script("return document.documentElement.scrollWidth <= innerWidth")
    unnamed = browser.execute_script(
        "return [...document.querySelectorAll('input,select')].filter(c => !c.labels.length).length"
    )
    assert unnamed == 0
    assert browser.find_element("id", "told").get_attribute("role") == "status"
    assert browser.get_log("browser") == []
