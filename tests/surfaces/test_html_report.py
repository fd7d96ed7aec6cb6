"""`--format html` in front of a real browser: it loads nothing, runs nothing of others, and can be used by anyone."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal, TypeAlias

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request

from surfaces import browser as chromium
from surfaces.browser import open_browser

pytestmark = pytest.mark.slow

PROGRAM: Final = Path(sys.executable).with_name("sekisho")
SAMPLE: Final = "demo"
NARROW: Final = 400
WIDE: Final = 1280
CONTRAST: Final = 4.5
"""Source: Web Content Accessibility Guidelines 2.2, success criterion 1.4.3."""

HEADER: Final = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,"
    "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,"
    "cert_2_last_rotated"
)
LONG_AGO: Final = "2024-01-02T03:04:05Z"
NO_KEY: Final = "false,N/A,N/A,N/A,N/A"
NO_REST: Final = f"{NO_KEY},false,N/A,false,N/A"
ROOT: Final = (
    f"<root_account>,arn:aws:iam::111122223333:root,{LONG_AGO},true,2026-11-19T08:00:00Z,{LONG_AGO},not_supported,"
    f"false,true,{LONG_AGO},N/A,N/A,N/A,{NO_REST}"
)
HOSTILE: Final = (
    "<script>window.__pwned=1</script>",
    "<img src=https://evil.example/x onerror=window.__pwned=2>",
    "'><svg/onload=window.__pwned=3>",
    "</script><script>window.__pwned=4</script>",
    "<style>body{background:url(https://evil.example/y)}</style>",
    "right\u202eto left",
)

Scheme: TypeAlias = Literal["light", "dark"]

CONTRAST_OF = """(selector) => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const backdrop = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if ((channels(colour)[3] ?? 1) === 1) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  const luminance = (colour) => {
    const [red, green, blue] = channels(colour).map((one) => one / 255)
      .map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  return [...document.querySelectorAll(selector)].map((element) => {
    const [one, other] = [getComputedStyle(element).color, backdrop(element)].map(luminance);
    return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
  });
}"""


def written(file: Path, *arguments: str, text: str = "") -> Path:
    """Have the program write a page."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}
    if "PYTHONPATH" in os.environ:
        environment["PYTHONPATH"] = os.environ["PYTHONPATH"]
    with file.open("wb") as page:
        subprocess.run(
            [str(PROGRAM), *arguments, "--format", "html"],
            env=environment, input=text.encode(), stdout=page, stderr=subprocess.DEVNULL, check=True, timeout=120,
        )  # fmt: skip
    return file


def report(*rows: str) -> str:
    return "\n".join((HEADER, ROOT, *rows))


def row(name: str, number: int) -> str:
    """Return a user with an old key, and every second one with a password and no MFA."""
    quoted = '"{}"'.format(name.replace('"', '""'))
    arn = '"arn:aws:iam::111122223333:user/{}"'.format(name.replace('"', '""'))
    password = f"true,{LONG_AGO},{LONG_AGO},N/A,false" if number % 2 else "false,N/A,N/A,N/A,false"
    used = f"2026-{1 + number % 9:02}-{1 + number % 27:02}T08:00:00Z"
    return (
        f"{quoted},{arn},{LONG_AGO},{password},true,2025-0{1 + number % 9}-01T00:00:00Z,{used},eu-west-1,s3,{NO_REST}"
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as one:
        yield one


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page on forty users, some of whom have names that would do harm."""
    names = (*HOSTILE, *(f"user-{number:02}" for number in range(34)))
    text = report(*(row(name, number) for number, name in enumerate(names)))
    file = tmp_path_factory.mktemp("pages") / "credentials.html"
    return written(file, "credentials", "--report", "-", "--as-of", "2026-11-20T08:00:00Z", text=text)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("pages") / "demo.html", SAMPLE)


Open = Callable[..., Page]


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open a file; at the end nothing else was asked for, and the browser had nothing to complain of."""
    complaints, asked, opened = list[str](), list[str](), list[str]()
    contexts = list[BrowserContext]()

    def listen(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    def note(request: Request) -> None:
        asked.append(request.url)

    def open_page(file: Path, *, width: int = WIDE, scheme: Scheme = "light", runs: bool = True) -> Page:
        context = browser.new_context(
            color_scheme=scheme,
            viewport={"width": width, "height": 900},
            java_script_enabled=runs,
            timezone_id="Asia/Tokyo",
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", note)
        opened.append(file.as_uri())
        page.goto(file.as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith("data:")] == opened


def column(page: Page, name: str) -> list[str]:
    """Return what a column has, of the rows that are not filtered away, in their order."""
    return [one.strip() for one in page.locator(f"tbody tr:not([hidden]) > .{name}").all_text_contents()]


def keys(page: Page, name: str) -> list[str]:
    found: list[str] = page.locator(f"tbody .{name}").evaluate_all("cells => cells.map(cell => cell.dataset.key ?? '')")
    return found


def test_no_name_ever_runs_or_loads_anything(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)

    assert page.evaluate("window.__pwned") is None
    assert page.locator("script").count() == 1
    assert page.locator("style").count() == 1
    assert page.locator("img, iframe, object, main svg svg, td svg").count() == 0
    told = page.locator("tbody").text_content() or ""
    assert all(name in told for name in ("user/<script>window.__pwned=1</script>", "user/right\\u202eto left"))
    page.locator("tr", has_text="window.__pwned=2").first.locator("summary").click()
    assert "onerror=window.__pwned=2" in page.locator("details[open] pre.command").first.inner_text()


def test_even_a_script_that_got_in_would_not_run(credentials: Path, browser: Browser) -> None:
    context = browser.new_context()
    page = context.new_page()
    refused = list[str]()
    page.on("console", lambda message: refused.append(message.text))
    page.set_content(
        credentials.read_text("ascii").replace("<main>", "<main><script>window.__pwned=5</script>"),
    )

    assert page.evaluate("window.__pwned") is None
    assert any("Content Security Policy" in one for one in refused)
    context.close()


def test_it_opens_with_the_worst_first_and_says_so(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)

    ranks = [int(key) for key in keys(page, "level")]
    assert ranks == sorted(ranks, reverse=True)
    assert page.locator("th.level").first.get_attribute("aria-sort") == "descending"


def test_a_click_on_a_heading_sorts_and_a_second_one_turns_it_round(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)
    button = page.get_by_role("button", name="Last used")

    button.click()
    used = [key for key in keys(page, "used") if key]
    assert used == sorted(used)
    assert used[0] == "0"
    assert keys(page, "used")[: len(used)] == used
    assert page.locator("thead .used").get_attribute("aria-sort") == "ascending"
    assert page.locator("thead [aria-sort]").count() == 1

    button.click()
    assert keys(page, "used")[: len(used)] == sorted(used, reverse=True)
    assert page.locator("thead .used").get_attribute("aria-sort") == "descending"


def test_the_keyboard_sorts_opens_and_filters(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)

    page.get_by_role("button", name="Severity").focus()
    page.keyboard.press("Enter")
    ranks = [int(key) for key in keys(page, "level")]
    assert ranks == sorted(ranks)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    names = column(page, "who")
    assert page.locator("thead .who").get_attribute("aria-sort") == "ascending"
    assert names.index("user-02") < names.index("user-10")

    summary = page.locator("tbody summary").first
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("details[open]").count() == 1
    assert summary.evaluate("one => getComputedStyle(one).outlineStyle") != "none"


def test_the_filter_takes_words_and_the_boxes_take_severities(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)
    total = page.locator("tbody tr").count()

    page.get_by_role("searchbox").fill("user-07 OLD")
    assert set(column(page, "who")) == {"user-07"}
    assert all("CRED-KEY-OLD" in check for check in column(page, "check"))
    assert page.locator("output").inner_text() == f"1 of {total} shown"

    page.get_by_role("searchbox").fill("")
    page.get_by_role("checkbox", name="Critical").uncheck()
    levels = set(column(page, "level"))
    assert "Critical" not in levels
    assert "High" in levels

    page.get_by_role("searchbox").fill("nobody has this name")
    assert column(page, "who") == []


def test_a_link_opens_the_finding_even_where_it_is_filtered_away(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)
    page.get_by_role("searchbox").fill("nobody")
    anchor = page.locator("tbody tr").nth(3).get_attribute("id")

    page.evaluate("(anchor) => { location.hash = anchor }", anchor)

    page.locator(f"[id='{anchor}'] details[open]").wait_for()


def test_times_are_told_in_utc_and_where_the_reader_is(open_page: Open, credentials: Path) -> None:
    lead = open_page(credentials).locator(".lead").inner_text()

    assert re.search(r"2026-11-20 08:00 UTC \(20 Nov 2026, 17:00 where you are\)", lead)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["credentials", "sample"])
def test_all_text_stands_out_from_what_is_behind_it(
    open_page: Open, request: pytest.FixtureRequest, name: str, scheme: Scheme
) -> None:
    page = open_page(request.getfixturevalue(name), scheme=scheme)
    page.locator("tbody summary").first.click()

    selectors = "body, h1, h2, .badge, .soft, .mark, thead button, tbody tr:nth-child(-n+20) *, .gaps *, .controls *"
    contrasts = page.evaluate(CONTRAST_OF, selectors)
    assert len(contrasts) > 50
    assert min(contrasts) >= CONTRAST


def test_light_and_dark_really_differ(open_page: Open, credentials: Path) -> None:
    backgrounds = {
        open_page(credentials, scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }

    assert len(backgrounds) == 2


def test_severity_is_a_word_and_not_a_colour_alone(open_page: Open, credentials: Path) -> None:
    badges = open_page(credentials).locator(".badge").all_text_contents()

    assert set(badges) <= {"Critical", "High", "Medium", "Low", "Informational", "Not decided"}


@pytest.mark.parametrize("name", ["credentials", "sample"])
@pytest.mark.parametrize("width", [320, NARROW, 800, 1160, WIDE])
def test_nothing_sticks_out_to_the_side(open_page: Open, request: pytest.FixtureRequest, name: str, width: int) -> None:
    page = open_page(request.getfixturevalue(name), width=width)
    for place in range(3):
        page.locator("tbody summary").nth(place).click()

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reach = page.evaluate(
        "Math.max(...[...document.querySelectorAll('tbody tr:nth-child(-n+5) *')]"
        ".map(one => one.getBoundingClientRect().right))"
    )
    assert reach <= width


def test_without_scripts_it_is_a_plain_table_whose_rows_open(open_page: Open, sample: Path) -> None:
    page = open_page(sample, runs=False)

    assert page.get_by_role("columnheader").count() == 6
    assert page.get_by_role("row").count() == 23
    assert page.get_by_role("button").count() == 0
    assert not page.get_by_role("searchbox").is_visible()
    page.locator("tbody summary").first.click()
    assert page.locator("details[open] .more").is_visible()


def test_a_screen_reader_hears_a_table_with_headings(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials)

    table = page.get_by_role("table", name="Findings")
    assert table.get_by_role("rowheader").count() == page.locator("tbody tr").count()
    assert page.get_by_role("img", name="Access keys by age").count() == 1
    assert page.get_by_role("status").inner_text().endswith("shown")
    assert page.get_by_role("heading", name="What is missing here").is_visible()


def test_printed_it_has_no_controls_and_is_as_wide_as_paper(open_page: Open, credentials: Path) -> None:
    page = open_page(credentials, width=700)

    page.emulate_media(media="print")

    assert not page.get_by_role("searchbox").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 700
    assert page.locator("tbody tr").first.is_visible()


def test_five_thousand_findings_sort_in_about_a_second(open_page: Open, tmp_path: Path) -> None:
    text = report(*(row(f"user-{number:05}", number) for number in range(2_500)))
    page = open_page(written(tmp_path / "many.html", "credentials", "--report", "-", text=text))
    assert page.locator("tbody tr").count() == 5_000
    assert "are left out; --format csv has all of them" in page.locator(".left").inner_text()

    times = []
    for name in ("Last used", "Who or what", "Severity"):
        begun = time.monotonic()
        page.get_by_role("button", name=name).evaluate(
            "button => new Promise(done => { button.click(); requestAnimationFrame(() => setTimeout(done)) })"
        )
        times.append(time.monotonic() - begun)

    assert min(times) < 3  # alone it takes half a second, and tests are seldom alone


def test_without_chromium_it_is_skipped_and_says_how_to_help_but_fails_where_all_must_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        chromium.find_chromium()

    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        chromium.find_chromium()
