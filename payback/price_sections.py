"""The sections of the configuration about money: prices, and under which name a model is priced."""

from datetime import date

from pydantic import Field, model_validator

from payback.section import Section
from payback.setting_types import Text, Usd


class PriceSettings(Section):
    """Prices that go before the catalogue's, or that it lacks: USD, as text or number. mtok is a million
    tokens, mchar a million characters."""

    provider: Text = Field(description="As the upstream's provider.", examples=["openai"])
    model: Text = Field(
        description="May be a pattern; a name that is written out goes first.", examples=["my-model"]
    )
    since: date = Field(
        date(1970, 1, 1),
        alias="from",
        description="The first day (UTC) on which it holds, until a later one does.",
        examples=[date(2026, 1, 1)],
    )
    service_tier: Text = Field("standard", description="As answers name it, such as priority.")
    input_usd_per_mtok: Usd | None = Field(
        None, description="Input that is neither cached nor audio nor image.", examples=["3.00"]
    )
    cache_read_usd_per_mtok: Usd | None = Field(
        None, description="Input read from the provider's cache.", examples=["0.30"]
    )
    cache_write_usd_per_mtok: Usd | None = Field(
        None, description="Input written into the cache.", examples=["3.75"]
    )
    cache_write_1h_usd_per_mtok: Usd | None = Field(
        None, description="Input written into the cache for an hour.", examples=["6.00"]
    )
    input_audio_usd_per_mtok: Usd | None = Field(None, description="Audio input.", examples=["40.00"])
    output_usd_per_mtok: Usd | None = Field(
        None, description="Output that is not priced below.", examples=["15.00"]
    )
    output_reasoning_usd_per_mtok: Usd | None = Field(
        None, description="Reasoning. Left out: as other output.", examples=["15.00"]
    )
    output_audio_usd_per_mtok: Usd | None = Field(None, description="Audio output.", examples=["80.00"])
    input_image_usd_per_mtok: Usd | None = Field(None, description="Image input.", examples=["8.00"])
    output_image_usd_per_mtok: Usd | None = Field(None, description="Image output.", examples=["32.00"])
    cache_read_audio_usd_per_mtok: Usd | None = Field(
        None, description="Audio input read from the cache.", examples=["0.40"]
    )
    cache_read_image_usd_per_mtok: Usd | None = Field(
        None, description="Image input read from the cache.", examples=["2.00"]
    )
    usd_per_image: Usd | None = Field(
        None, description="An image made, where that is not charged in tokens.", examples=["0.04"]
    )
    usd_per_audio_hour: Usd | None = Field(
        None,
        description="An hour of audio, transcribed or made; 0.006 a minute is 0.36.",
        examples=["0.36"],
    )
    usd_per_mchar: Usd | None = Field(
        None, description="A million characters that speech is made from.", examples=["15.00"]
    )
    usd_per_1k_web_searches: Usd | None = Field(
        None, description="A thousand web searches.", examples=["10.00"]
    )
    usd_per_1k_file_searches: Usd | None = Field(
        None, description="A thousand searches in stored files.", examples=["2.50"]
    )
    usd_per_1k_search_units: Usd | None = Field(
        None, description="A thousand search units of a reranker.", examples=["2.00"]
    )
    usd_per_1k_pages: Usd | None = Field(
        None, description="A thousand pages of documents.", examples=["1.00"]
    )

    @model_validator(mode="after")
    def _has_a_rate(self) -> "PriceSettings":
        if not any(value is not None for name, value in self if "usd_per_" in name):
            raise ValueError("there is no rate; write one at least, such as input_usd_per_mtok")
        return self


class AliasSettings(Section):
    """Models that are priced under another name, such as an Azure deployment."""

    model: Text = Field(description="May be a pattern.", examples=["my-deployment"])
    priced_as: Text = Field(description="The name in the price list.", examples=["gpt-4o-mini"])
    provider: Text | None = Field(None, description="Left out: at every provider.", examples=["azure"])
    since: date = Field(
        date(1970, 1, 1),
        alias="from",
        description="The first day (UTC) on which it holds.",
        examples=[date(2026, 1, 1)],
    )
