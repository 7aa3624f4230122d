"""The sections of the configuration about the program itself: with defaults, units and reasons."""

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Literal

from pydantic import Field

from payback.secret import Secret
from payback.section import Section
from payback.setting_types import File, Hosts, Networks, Seconds, Text


class Server(Section):
    """Where payback listens, and how long it waits."""

    host: Text = Field(
        "127.0.0.1", description="The address to listen on; any other than loopback needs report.password."
    )
    port: int = Field(8300, ge=0, le=65535, description="The port to listen on; 0: any that is free.")
    connect_timeout_s: Seconds = Field(
        10, gt=0, description="Seconds until an upstream that does not take the connection is given up."
    )
    idle_timeout_s: Seconds = Field(
        600,
        gt=0,
        description="Seconds of silence until an upstream is given up; some models think for minutes.",
    )
    when_client_leaves: Literal["cancel", "drain"] = Field(
        "cancel",
        description='When a client leaves within an answer: "cancel" the call upstream, or "drain" the'
        " answer, to know what it comes to.",
    )
    drain_limit_s: Seconds = Field(
        120,
        gt=0,
        description="Seconds for which such an answer is heard out; then it is cancelled after all.",
    )
    drain_s: Seconds = Field(30, ge=0, description="Seconds for which calls under way may go on at the end.")
    read_body_mib: int = Field(
        32, ge=1, le=1024, description="MiB; a longer request passes unread: its model stays unknown."
    )


class Proxy(Section):
    """Who may make calls: everybody, until payback keys has made a key; from then on who has one."""

    require_key: bool = Field(
        False, description="Let in nobody while there is no such key, or its file has gone."
    )
    keys: File | None = Field(
        None,
        description="The file in which payback keys writes them, as hashes. Left out: beside the ledger.",
        examples=["/etc/payback/payback.keys"],
    )


class Ledger(Section):
    """What is written down, and what happens when it cannot be."""

    url: Text | None = Field(
        None,
        description="A path. Left out: payback.db in the folder for application data.",
        examples=["payback.db"],
    )
    spool: File | None = Field(
        None,
        description="A file that takes the records while the ledger cannot be written, best on another disk."
        " Left out: beside the ledger.",
        examples=["/var/spool/payback/payback.spool"],
    )
    when_unrecordable: Literal["refuse", "pass"] = Field(
        "refuse",
        description='When ledger and spool have both failed: "refuse" new calls, or "pass" them unrecorded.',
    )
    max_names: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Different names of each kind (workload, project, user, key, client, model) that are"
        " taken from calls, those of the last 31 days before a start among them; further ones are written as"
        " other.",
    )


class Report(Section):
    """The pages under /-/report."""

    password: Secret | None = Field(
        None,
        description="Needed on any other address than loopback. People sign in with it; programs send it as"
        " HTTP Basic, with any user name.",
        examples=[{"env": "PAYBACK_REPORT_PASSWORD"}],
    )
    hosts: Hosts = Field(
        (),
        description="Host names, besides localhost, under which the pages are answered without a password.",
    )
    proxies: Networks = Field(
        (),
        description="Addresses or networks of reverse proxies in front of payback, such as"
        ' ["127.0.0.1"]. Wrong passwords are counted by the address that their X-Forwarded-For ends with, and'
        " whoever signs in gets a cookie for TLS alone where their X-Forwarded-Proto says https. Of others,"
        " both headers are ignored.",
    )

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        return tuple(ip_network(proxy) for proxy in self.proxies)


class Log(Section):
    """What payback says while it runs, on standard error. Never what calls say."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description='From which level on; serve --verbose is "info".'
    )
    format: Literal["text", "json"] = Field(
        "text",
        description='"json": each line is an object with time, level, event, and the call_id where there is'
        " one; so is what is said at the start, on standard output.",
    )
