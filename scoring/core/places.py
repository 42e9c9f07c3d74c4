"""Where leads come from: states, their time zones, and zips that exist, for the local hour of a ping and for the simulator.

The weight of a state is its population in millions; zips carry an area code that is in use there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One zip that exists, with an area code and the city it belongs to."""

    zip: str
    area_code: str
    city: str


@dataclass(frozen=True, slots=True)
class State:
    """One state: population in millions, the zone most of it lives in, and zips of its larger cities."""

    weight: float
    zone: str
    places: tuple[Place, ...]


def _state(weight: float, zone: str, *places: str) -> State:
    parts = (text.split(" ", 2) for text in places)
    return State(weight, zone, tuple(Place(*part) for part in parts))


# fmt: off
STATES: Mapping[str, State] = {
    "AK": _state(0.7, "America/Anchorage", "99515 907 Anchorage", "99712 907 Fairbanks", "99801 907 Juneau"),
    "AL": _state(5.1, "America/Chicago", "35217 205 Birmingham", "36610 251 Mobile", "36111 334 Montgomery",
            "35808 256 Huntsville"),
    "AR": _state(3.1, "America/Chicago", "72209 501 Little Rock", "72904 479 Fort Smith", "72117 501 North Little Rock"),
    "AZ": _state(7.4, "America/Phoenix", "85031 602 Phoenix", "85735 520 Tucson", "85207 480 Mesa", "85257 480 Scottsdale"),
    "CA": _state(39, "America/Los_Angeles", "90034 213 Los Angeles", "92117 619 San Diego", "94121 415 San Francisco",
            "95126 408 San Jose", "95827 279 Sacramento", "93720 559 Fresno"),
    "CO": _state(5.9, "America/Denver", "80228 303 Denver", "80918 719 Colorado Springs", "80015 303 Aurora",
            "80126 303 Littleton"),
    "CT": _state(3.6, "America/New_York", "06112 860 Hartford", "06905 203 Stamford", "06705 203 Waterbury"),
    "DC": _state(0.7, "America/New_York", "20015 202 Washington", "20001 202 Washington"),
    "DE": _state(1, "America/New_York", "19806 302 Wilmington", "19713 302 Newark", "19904 302 Dover"),
    "FL": _state(22.6, "America/New_York", "33165 305 Miami", "32821 321 Orlando", "32220 904 Jacksonville",
            "33321 754 Fort Lauderdale", "33616 656 Tampa", "33709 727 Saint Petersburg"),
    "GA": _state(11, "America/New_York", "30328 404 Atlanta", "31410 912 Savannah", "31211 478 Macon", "30066 470 Marietta"),
    "HI": _state(1.4, "Pacific/Honolulu", "96819 808 Honolulu", "96720 808 Hilo"),
    "IA": _state(3.2, "America/Chicago", "50314 515 Des Moines", "51106 402 Sioux City", "52404 319 Cedar Rapids"),
    "ID": _state(2, "America/Boise", "83708 208 Boise", "83404 208 Idaho Falls", "83686 208 Nampa"),
    "IL": _state(12.5, "America/Chicago", "60631 224 Chicago", "61107 779 Rockford", "61606 309 Peoria",
            "62704 217 Springfield"),
    "IN": _state(6.9, "America/Indiana/Indianapolis", "46229 317 Indianapolis", "46814 260 Fort Wayne",
            "46617 574 South Bend", "47713 270 Evansville"),
    "KS": _state(2.9, "America/Chicago", "67215 316 Wichita", "66612 785 Topeka", "66106 913 Kansas City"),
    "KY": _state(4.5, "America/New_York", "40218 502 Louisville", "40510 502 Lexington", "42103 270 Bowling Green"),
    "LA": _state(4.6, "America/Chicago", "70125 504 New Orleans", "70814 225 Baton Rouge", "71108 318 Shreveport"),
    "MA": _state(7, "America/New_York", "02118 617 Boston", "01118 413 Springfield", "01607 508 Worcester",
            "02140 339 Cambridge"),
    "MD": _state(6.2, "America/New_York", "21216 410 Baltimore", "20904 240 Silver Spring", "21405 410 Annapolis",
            "20783 240 Hyattsville"),
    "ME": _state(1.4, "America/New_York", "04103 207 Portland", "04401 207 Bangor"),
    "MI": _state(10, "America/Detroit", "48217 313 Detroit", "49512 616 Grand Rapids", "48915 517 Lansing", "48505 810 Flint"),
    "MN": _state(5.7, "America/Chicago", "55426 763 Minneapolis", "55116 612 Saint Paul", "55807 218 Duluth",
            "55904 507 Rochester"),
    "MO": _state(6.2, "America/Chicago", "64132 816 Kansas City", "63124 314 Saint Louis", "64055 816 Independence",
            "65806 417 Springfield"),
    "MS": _state(2.9, "America/Chicago", "39209 601 Jackson", "39531 228 Biloxi", "39702 205 Columbus"),
    "MT": _state(1.1, "America/Denver", "59803 406 Missoula", "59105 406 Billings", "59404 406 Great Falls"),
    "NC": _state(10.8, "America/New_York", "28226 704 Charlotte", "27609 919 Raleigh", "27408 336 Greensboro",
            "27706 919 Durham"),
    "ND": _state(0.8, "America/Chicago", "58504 701 Bismarck", "58103 218 Fargo", "58201 701 Grand Forks"),
    "NE": _state(2, "America/Chicago", "68127 402 Omaha", "68517 402 Lincoln", "68123 402 Bellevue"),
    "NH": _state(1.4, "America/New_York", "03103 603 Manchester", "03063 603 Nashua", "03867 603 Rochester"),
    "NJ": _state(9.3, "America/New_York", "08619 609 Trenton", "07510 862 Paterson", "07106 862 Newark",
            "07306 201 Jersey City"),
    "NM": _state(2.1, "America/Denver", "87111 505 Albuquerque", "88007 575 Las Cruces", "87506 505 Santa Fe"),
    "NV": _state(3.2, "America/Los_Angeles", "89134 702 Las Vegas", "89502 775 Reno", "89081 702 North Las Vegas"),
    "NY": _state(19.6, "America/New_York", "10103 212 New York", "11223 347 Brooklyn", "14215 716 Buffalo",
            "10463 212 Bronx", "14615 585 Rochester", "13209 315 Syracuse"),
    "OH": _state(11.8, "America/New_York", "45229 283 Cincinnati", "43217 220 Columbus", "44119 216 Cleveland",
            "45424 326 Dayton"),
    "OK": _state(4.1, "America/Chicago", "73130 405 Oklahoma City", "74126 539 Tulsa", "73013 405 Edmond"),
    "OR": _state(4.2, "America/Los_Angeles", "97219 503 Portland", "97304 503 Salem", "97007 503 Beaverton"),
    "PA": _state(13, "America/New_York", "19130 215 Philadelphia", "15223 412 Pittsburgh", "16507 582 Erie",
            "17110 223 Harrisburg"),
    "RI": _state(1.1, "America/New_York", "02906 401 Providence", "02920 401 Cranston", "02888 401 Warwick"),
    "SC": _state(5.4, "America/New_York", "29209 803 Columbia", "29407 843 Charleston", "29609 864 Greenville",
            "29577 843 Myrtle Beach"),
    "SD": _state(0.9, "America/Chicago", "57106 605 Sioux Falls", "57702 605 Rapid City", "57401 605 Aberdeen"),
    "TN": _state(7.1, "America/Chicago", "38119 901 Memphis", "37213 615 Nashville", "37920 865 Knoxville",
            "37410 423 Chattanooga"),
    "TX": _state(30.5, "America/Chicago", "77050 281 Houston", "78232 210 San Antonio", "75230 214 Dallas",
            "78735 512 Austin", "76119 682 Fort Worth", "79915 915 El Paso"),
    "UT": _state(3.4, "America/Denver", "84116 801 Salt Lake City", "84404 385 Ogden", "84604 385 Provo"),
    "VA": _state(8.7, "America/New_York", "23227 804 Richmond", "22309 703 Alexandria", "23510 757 Norfolk",
            "23457 252 Virginia Beach"),
    "VT": _state(0.6, "America/New_York", "05401 802 Burlington", "05701 802 Rutland"),
    "WA": _state(7.8, "America/Los_Angeles", "98131 206 Seattle", "98418 253 Tacoma", "99208 509 Spokane",
            "98665 360 Vancouver"),
    "WI": _state(5.9, "America/Chicago", "53216 414 Milwaukee", "53714 608 Madison", "54304 920 Green Bay", "53404 262 Racine"),
    "WV": _state(1.8, "America/New_York", "25312 304 Charleston", "25703 304 Huntington", "25404 304 Martinsburg"),
    "WY": _state(0.6, "America/Denver", "82604 307 Casper", "82007 307 Cheyenne", "82718 307 Gillette"),
}
# fmt: on
