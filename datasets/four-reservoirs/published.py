"""Published figures of the four-reservoir system.

A. Shapiro, W. Tekaya, J. P. da Costa, M. P. Soares, "Risk neutral and risk averse Stochastic Dual Dynamic Programming
method", European Journal of Operational Research 224 (2013) 375-391, and the data that circulate with that study.

Subsystems 1 to 4 are Southeast, South, Northeast and North; 5 is the transshipment node. Energy is in MWmonth (one
megawatt sustained over a month), power in MW, prices in $/MWh.
"""

from __future__ import annotations

from typing import NamedTuple

SUBSYSTEMS = {1: "Southeast", 2: "South", 3: "Northeast", 4: "North"}
TRANSSHIPMENT = 5


class Reservoir(NamedTuple):
    """An equivalent reservoir: energy limits and the greatest hydro generation."""

    capacity_mwmonth: float
    initial_mwmonth: float
    max_generation_mw: float


RESERVOIRS = {
    1: Reservoir(200717.6, 59419.3, 45414.3),
    2: Reservoir(19617.2, 5874.9, 13081.5),
    3: Reservoir(51806.1, 12859.2, 9900.9),
    4: Reservoir(12744.9, 5271.5, 7629.9),
}

# Demand, MW, January to December; the same every year.
DEMAND_MW = {
    1: [45515, 46611, 47134, 46429, 45622, 45366, 45477, 46149, 46336, 46551, 46035, 45234],
    2: [11692, 11933, 12005, 11478, 11145, 11146, 11055, 11051, 10917, 11015, 11156, 11297],
    3: [10811, 10683, 10727, 10589, 10389, 10129, 10157, 10372, 10675, 10934, 11004, 10914],
    4: [6507, 6564, 6506, 6556, 6645, 6669, 6627, 6772, 6843, 6815, 6871, 6701],
}

# Deficit: part of the demand, price of not meeting it.
DEFICIT = [(0.05, 1142.80), (0.05, 2465.40), (0.10, 5152.46), (0.80, 5845.54)]

ANNUAL_DISCOUNT_RATE = 0.12

# Exchange limits, MW, (from, to): there, back. None is a limit that the publication leaves open.
EXCHANGE: dict[tuple[int, int], tuple[float | None, float]] = {
    (1, 2): (7379.0, 5625.0),
    (1, 3): (1000.0, 600.0),
    (1, 5): (4000.0, 3154.0),
    (3, 5): (2236.0, 3951.0),
    (4, 5): (None, 3053.0),
}

# Long-term mean of the natural energy inflow, MWmonth, January to December, rounded here to 10.
MEAN_INFLOW_MWMONTH = {
    1: [55970, 58530, 54720, 41410, 29810, 25100, 21040, 17670, 17350, 20930, 26890, 40910],
    2: [7230, 8330, 6870, 6470, 8440, 9850, 10310, 10220, 12050, 13310, 9310, 7430],
    3: [14220, 14870, 14600, 11980, 7180, 4770, 3940, 3430, 3070, 3360, 5480, 10160],
    4: [10530, 14040, 16370, 16280, 10940, 5700, 3460, 2430, 1890, 2020, 3210, 6120],
}

# Thermal plants, one line each: name; $/MWh; least and greatest MW. A plant may appear once per fuel or contract.
THERMALS = {
    1: """
ANGRA 1; 21.49; 520; 657
ANGRA 2; 18.96; 1080; 1350
CARIOBA; 937; 0; 36
CCBS_L; 194.79; 59.3; 250
CCBS_TC; 222.22; 27.1; 250
COCAL; 140.58; 0; 28
CUIABA G CC; 6.27; 0; 529
DAIA; 505.92; 0; 44
DO ATLAN_CSA; 0.01; 219.8; 255
DO ATLANTICO; 112.46; 200; 235
EBOLT_L; 159.97; 0; 386
EBOLT_TC; 250.87; 0; 386
GOIANIA II; 550.66; 0; 145
IBIRITERMO; 188.89; 0; 226
IGARAPE; 645.3; 0; 131
JUIZ DE FORA; 150; 0; 87
LINHARES; 145.68; 0; 204
MACAE_L; 274.54; 0; 923
MACAE_TC; 253.83; 0; 923
NORTEFLU-1; 37.8; 400; 400
NORTEFLU-2; 51.93; 0; 100
NORTEFLU-3; 90.69; 0; 200
NORTEFLU-4; 131.68; 0; 169
NOVA PIRAT; 317.98; 0; 386
PIE-RP; 152.8; 0; 28
PIRAT.12 G; 470.34; 0; 200
PIRAT.34 VAP; 317.98; 0; 272
R.SILVEIRA; 523.35; 0; 30
ST.CRUZ 12; 730.54; 0; 168
ST.CRUZ 34; 310.41; 0; 440
ST.CRUZ N.DI; 730.54; 0; 400
T LAGOAS_L; 101.33; 0; 258
T LAGOAS_T; 140.34; 0; 258
T LAGOAS_TC; 292.49; 0; 258
T.NORTE 1; 610.33; 0; 64
T.NORTE 2; 487.56; 0; 340
TERMORIO_L; 122.65; 71.7; 1058
TERMORIO_TC; 214.48; 28.8; 1058
UTE BRASILIA; 1047.38; 0; 10
UTE SOL; 0.01; 133; 197
VIANA; 329.57; 0; 175
W.ARJONA; 197.85; 0; 206
XAVANTES; 733.54; 0; 54
""",
    2: """
ALEGRETE; 564.57; 0; 66
ARAUC_FIC; 219; 0; 485
ARAUCARIA; 219; 0; 485
CANDIOTA 3; 50.47; 210; 350
CANOAS; 541.93; 0; 161
CHARQUEADAS; 154.1; 27; 72
CISFRAMA; 180.51; 0; 4
FIGUEIRA; 218.77; 9.6; 20
J.LACERDA A1; 189.54; 25; 100
J.LACERDA A2; 143.04; 79.5; 132
J.LACERDA B; 142.86; 147.5; 262
J.LACERDA C; 116.9; 228; 363
NUTEPA; 780; 0; 24
P.MEDICI A; 115.9; 49.7; 126
P.MEDICI B; 115.9; 105; 320
S.JERONIMO; 248.31; 5; 20
URUGUAIANA; 141.18; 0; 640
""",
    3: """
ALTOS; 464.64; 0; 13
ARACATI; 464.64; 0; 11
BAHIA I; 455.13; 0; 32
BATURITE; 464.64; 0; 11
CAMACARI D/G; 834.35; 0.7; 347
CAMACARI MI; 509.86; 0; 152
CAMACARI PI; 509.86; 0; 150
CAMPO MAIOR; 464.64; 0; 13
CAUCAIA; 464.64; 0; 15
CEARA_L; 185.09; 0; 220
CEARA_TC; 492.29; 0; 220
CRATO; 464.64; 0; 13
ENGUIA PECEM; 464.64; 0; 15
FAFEN; 188.15; 0; 138
FORTALEZA; 82.34; 223; 347
GLOBAL I; 329.37; 0; 149
GLOBAL II; 329.37; 0; 149
IGUATU; 464.64; 0; 15
JAGUARARI; 464.64; 0; 102
JUAZEIRO N; 464.64; 0; 15
MARACANAU I; 317.19; 0; 168
MARAMBAIA; 464.64; 0; 13
NAZARIA; 464.64; 0; 13
PAU FERRO I; 678.03; 0; 103
PETROLINA; 559.39; 0; 136
POTIGUAR; 611.57; 0; 53
POTIGUAR III; 611.56; 0; 66
TERMOBAHIA; 204.43; 0; 186
TERMOCABO; 325.67; 0; 50
TERMOMANAUS; 678.03; 0; 156
TERMONE; 329.2; 0; 171
TERMOPE; 70.16; 348.8; 533
VALE DO ACU; 287.83; 0; 323
""",
    4: """
NOVA OLINDA; 329.56; 0; 166
TOCANTINOPO; 329.56; 0; 166
""",
}


class Thermal(NamedTuple):
    """A thermal plant as published."""

    name: str
    cost_per_mwh: float
    min_mw: float
    max_mw: float


def thermals(subsystem: int) -> list[Thermal]:
    """The thermal fleet of a subsystem, in the published order."""
    rows = (row.split(";") for row in THERMALS[subsystem].strip().splitlines())
    return [Thermal(name.strip(), float(cost), float(least), float(most)) for name, cost, least, most in rows]
