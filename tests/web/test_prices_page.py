import re
import tomllib
from collections.abc import Iterable
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.call import Entry, Pricing, UsageBasis
from ledger.meter import Meter
from ledger.period import us_of
from ledger.price import Price, Rate, Tier
from ledger.pricebook import Alias, Override, PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from ledger.usage import TokenUsage
from tests.web.sample import NOW, PRICES, entry_at, hostile_entries, write_ledger
from tests.web.server import asked, serving, settings_for
from web.prices import answers
from web.prices.answers import DAYS, ask
from web.prices.page import PricesPage, prices_page
from web.prices.rates import rates_of
from web.prices.routes import PRICES_PATH

TODAY = NOW.date()
SONNET = PRICES[0]
BOOK = PriceBook(
    overrides=[
        Override(
            provider="openai",
            model="tuned",
            since=date(2026, 10, 1),
            usd_per_mtok={Meter.INPUT: Decimal("1.50"), Meter.OUTPUT: Decimal(6)},
        )
    ],
    aliases=[Alias(model="our-deployment", priced_as="tuned", provider="openai")],
)


def call(number: int, model: str | None, **facts: object) -> Entry:
    usage = TokenUsage(input_tokens=100, output_tokens=10)
    known = {"usage": usage, "usage_basis": UsageBasis.REPORTED, "provider": "openai", "request_model": model}
    return entry_at(us_of(TODAY) + number, number, **{**known, **facts})


def unpriced(number: int, model: str | None, **facts: object) -> Entry:
    return call(number, model, unpriced_reason=f"no price for openai {model}", **facts)


def page_of(ledger: Path, entries: Iterable[Entry], book: PriceBook = BOOK) -> PricesPage:
    with closing(open_sqlite_reader(write_ledger(ledger, list(entries)))) as reader:
        return prices_page(ask(reader, TODAY), book, NOW)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


def test_a_model_has_the_price_of_now_with_its_source_and_since_when(ledger: Path) -> None:
    (row,) = page_of(ledger, [unpriced(1, "tuned")]).priced
    assert row.rates.columns == ("$1.50", "\N{EM DASH}", "\N{EM DASH}", "$6.00")
    assert (row.is_own, row.price.since, row.priced_as) == (True, date(2026, 10, 1), "")
    assert row.way.sums.unpriced_calls == 1


def test_the_catalogues_price_leads_to_the_providers_own_page(ledger: Path) -> None:
    (row,) = page_of(ledger, [call(1, "gpt-4o", price=PRICES[2])]).priced
    assert row.price.source.startswith("genai-prices")
    assert row.source_url.startswith("https://")
    assert row.rates.columns[0] == "$2.50"


def test_a_model_that_is_priced_under_another_name_says_under_which(ledger: Path) -> None:
    (row,) = page_of(ledger, [unpriced(1, "our-deployment")]).priced
    assert (row.way.name, row.priced_as) == ("our-deployment", "tuned")


def test_a_model_without_a_price_has_the_reason_and_lines_that_are_refused_until_amounts_are_written(
    ledger: Path,
) -> None:
    """Pasted as they are, they must not make a call cost nothing."""
    from payback.errors import SettingsError
    from payback.settings import load_settings

    (row,) = page_of(ledger, [unpriced(1, "mystery")]).unpriced
    assert "mystery" in row.reason
    stated = tomllib.loads(row.toml)["price"][0]
    assert (stated["provider"], stated["model"], stated["input_usd_per_mtok"]) == ("openai", "mystery", "")
    file = ledger.with_name("payback.toml")
    file.write_text(row.toml)
    with pytest.raises(SettingsError, match="input_usd_per_mtok"):
        load_settings(file)
    file.write_text(row.toml.replace('""', '"2.00"'))
    assert load_settings(file).price[0].output_usd_per_mtok == 2


def test_the_lines_ask_for_every_meter_that_its_calls_are_charged_by(ledger: Path) -> None:
    cached = TokenUsage(input_tokens=100, cache_read_tokens=60, output_tokens=10)
    entries = [unpriced(1, "mystery"), unpriced(2, "mystery", usage=cached)]
    (row,) = page_of(ledger, entries).unpriced
    asked_for = [key for key in tomllib.loads(row.toml)["price"][0] if "usd_per" in key]
    assert asked_for == ["input_usd_per_mtok", "cache_read_usd_per_mtok", "output_usd_per_mtok"]


def test_an_upstream_without_a_provider_is_no_case_for_a_price(ledger: Path) -> None:
    (row,) = page_of(ledger, [unpriced(1, "mystery", provider=None)]).unpriced
    assert (row.toml, "set provider or self_hosted" in row.reason) == ("", True)


def test_a_model_is_one_row_for_each_of_its_prices(ledger: Path) -> None:
    """An answer that broke off names no model; that is no second way to call it. Another provider is."""
    broken = unpriced(1, "tuned", response_model=None)
    whole = unpriced(2, "tuned", response_model="tuned")
    elsewhere = unpriced(3, "tuned", provider="groq")
    page = page_of(ledger, [broken, whole, elsewhere])
    assert [row.way.provider for row in page.priced] == ["openai"]
    assert [row.way.provider for row in page.unpriced] == ["groq"]


def test_what_has_nothing_to_bill_has_no_price_and_self_hosted_models_are_apart(ledger: Path) -> None:
    read = call(1, None, pricing=Pricing.NOT_BILLED, operation="other", http_request="GET /v1/models")
    page = page_of(ledger, [read, call(2, "llama")])
    assert (page.unpriced, page.priced) == ((), ())
    assert [row.way.name for row in page.self_hosted] == ["llama"]


def test_calls_of_long_ago_are_not_in_use(ledger: Path) -> None:
    old = us_of(TODAY - timedelta(days=DAYS)) + 1
    usage = TokenUsage(input_tokens=1)
    basis = UsageBasis.REPORTED
    entry = entry_at(old, 1, request_model="x", usage=usage, usage_basis=basis, unpriced_reason="x")
    assert page_of(ledger, [entry]).unpriced == ()


def test_models_without_a_price_are_on_the_page_however_many_others_there_are(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MOST_MODELS", 3)
    others = [call(n, f"gpt-4o-{n}", price=PRICES[2]) for n in range(5)]
    page = page_of(ledger, [*others, unpriced(9, "mystery")])
    assert [row.way.name for row in page.unpriced if row.way.sums.unpriced_calls] == ["mystery"]
    assert page.others == 3


def test_rates_are_told_as_people_quote_them() -> None:
    price = Price(
        provider="p",
        model="m",
        rates=(
            Rate(Meter.INPUT, Decimal("0.0000025"), 1, (Tier(200_000, Decimal("0.000005")),)),
            Rate(Meter.WEB_SEARCH, Decimal(10), 1000),
            Rate(Meter.AUDIO, Decimal("0.36"), 3_600_000),
            Rate(Meter.IMAGES, Decimal("0.04"), 1),
        ),
        source="x",
    )
    rates = rates_of(price)
    assert rates.columns[0] == "$2.50"
    assert rates.others == (
        "Web searches $10.00 per thousand", "Audio $0.36 per hour", "Images made $0.04 each",
    )  # fmt: skip
    assert rates.larger == ("Above 200,000 input tokens: input tokens $5.00",)


async def test_names_that_mean_harm_are_text_in_the_page_and_in_its_lines(ledger: Path) -> None:
    write_ledger(ledger, list(hostile_entries()))
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + PRICES_PATH)
    assert answer.status == 200
    assert "<script>alert" not in answer.text
    assert not set(answer.text) & set("\x00\x1b\u202e")
    assert len(answer.text) < 100_000
    boxes = re.findall(r'<pre class="to-copy".*?><code>(.*?)</code>', answer.text, re.DOTALL)
    assert len(boxes) >= 5


async def test_a_ledger_without_calls_says_when_there_will_be_prices(ledger: Path) -> None:
    write_ledger(ledger, [])
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + PRICES_PATH)
    assert "No model was called in the last 31 days." in answer.text
