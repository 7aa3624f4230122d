"""What a fleet costs whoever buys it: at first, later, and in electricity."""

import numpy as np

from projection.hosts import host_of, hosts_for, hosts_in_all
from projection.moves import Base
from projection.owning import Electricity, Labour, Owned
from projection.period import HOURS_PER_MONTH, Floats
from projection.purchases import Purchases, Stock, Tags, purchases_of
from projection.work import Machine, Work


def bought_first(base: Base, machine: Machine) -> Owned:
    """At first."""
    draws, units = base.draws, machine.units
    hardware = units * _unit_usd(base, machine)
    return Owned(
        hardware_usd=hardware,
        host_usd=hosts_for(machine.fleet.rig.hardware, units) * _host_usd(base, machine),
        spares_usd=hardware * draws.of("spares_share"),
        idle_w=0.0,
        busy_w=0.0,
        decay_per_year=draws.of("resale_decay_per_year"),
        electricity=Electricity(
            usd_per_kwh=draws.of("electricity_usd_per_kwh")[:, None], pue=draws.of("pue")[:, None]
        ),
        labour=labour_of(base),
    )


def _unit_usd(base: Base, machine: Machine) -> Floats:
    if machine.unit_usd is None:
        raise ValueError(f"no price of {machine.fleet.rig.hardware.name} is known")
    since = base.draws.drifted("hardware_drift_per_year", machine.unit_read_years)
    return machine.unit_usd * base.draws.of("hardware_price_factor") * since


def _host_usd(base: Base, machine: Machine) -> Floats:
    """Of one."""
    hardware = machine.fleet.rig.hardware
    stated = machine.host_usd
    usd = host_of(hardware).usd if stated is None else stated / hosts_for(hardware, machine.units)
    return usd * base.draws.of("host_price_factor")


def bought_later(base: Base, machine: Machine, work: Work) -> Purchases:
    rig, draws = machine.fleet.rig, base.draws
    units = work.copies * rig.units
    life = rig.hardware.life_months or round(draws.assumptions.value_of("hardware_life_months"))
    return purchases_of(
        Stock(
            first_units=machine.units,
            units=units,
            first_hosts=hosts_for(rig.hardware, machine.units),
            hosts=hosts_in_all(rig.hardware, units),
        ),
        Tags(
            unit_usd=_unit_usd(base, machine),
            spares_share=draws.of("spares_share"),
            host_usd=_host_usd(base, machine),
            drift=draws.drift("hardware_drift_per_year"),
            decay_per_year=draws.of("resale_decay_per_year"),
            life_months=max(life, 1),
        ),
    )


def labour_of(base: Base) -> Labour:
    draws = base.draws
    return Labour(
        setup_h=draws.of("setup_h"),
        ops_h_per_month=draws.of("ops_h_per_month"),
        usd_per_h=draws.of("labour_usd_per_h"),
    )


def energy_usd(machine: Machine, electricity: Electricity, copies: Floats, busy_h: Floats) -> Floats:
    """Each copy computes for its share of the busy hours, and waits, loaded, for the rest of the month."""
    rig, host = machine.fleet.rig, host_of(machine.fleet.rig.hardware)
    units = copies * rig.units
    hosts_per_unit = hosts_in_all(rig.hardware, units) / units
    idle_w = rig.units * (rig.hardware.idle_w + hosts_per_unit * host.idle_w)
    busy_w = rig.units * (rig.hardware.busy_w + hosts_per_unit * host.busy_w)
    idle_h = np.maximum(copies * HOURS_PER_MONTH - busy_h, 0.0)
    usd: Floats = np.asarray(electricity.usd(idle_w=idle_w, busy_w=busy_w, idle_h=idle_h, busy_h=busy_h))
    return usd
