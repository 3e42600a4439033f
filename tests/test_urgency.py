"""Danger is told by phrases; a denial takes it away, and words too far apart mean nothing together."""

import numpy as np
import pytest

from triage.catalogue import Danger, Phrases, Text
from triage.catalogue_file import BUNDLED, read_catalogue
from triage.features import words_of
from triage.urgency import Alarm


@pytest.fixture(scope="module")
def alarm(small):
    """An alarm with more parts of signs than fit in one word of 64 bits."""
    signs = {
        "gas": ["ruik* gas", "smell* gas", "*lucht meterkast", "fluit/*sist gasslang*/kookplaat"],
        "power": ["geen stroom", "zonder/geen water"],
        "fire": ["brand", "keuken brandt unless lamp*/licht kaars"],
        "many": [f"gevaar{a}{b}" for a in "abcdefgh" for b in "abcdefghij"],
    }
    say = Text(nl="Bel 112.", en="Call 112.")
    dangers = [Danger(id=name, title=say, advice=say, signs=Phrases(nl=own)) for name, own in signs.items()]
    return Alarm(small.model_copy(update={"dangers": dangers}))


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("ik ruik overal gas", "gas"),
        ("het ruikt hier naar gas", "gas"),
        ("ik ruik geen gas", None),
        ("the heater doesn t smell of gas", None),
        ("i dont smell gas", None),
        ("t ruikt naar gas", "gas"),
        ("wij hebben geen licht smells of gas", "gas"),
        ("niet ruikt het naar gas", None),
        ("niet dat het ruikt maar gas kost veel", "gas"),
        ("gas ruik ik", None),
        ("ik ruik iets in de gang achter de deur gas", None),
        ("gaslucht bij de meterkast", "gas"),
        ("het fluit bij de kookplaat", "gas"),
        ("er sist iets in de gasslangen", "gas"),
        ("de kookplaat fluit", None),
        ("het fluit in de keuken", None),
        ("wij hebben geen stroom", "power"),
        ("wij hebben nooit geen stroom", None),
        ("wij hebben stroom", None),
        ("wij hebben geen water", "power"),
        ("wij zitten zonder water nee", "power"),
        ("de keuken brandt", "fire"),
        ("de lamp in de keuken brandt", None),
        ("in de keuken brandt het licht", None),
        ("in de keuken brandt de hele nacht door een kaars", "fire"),
        ("brand nee", None),
        ("brand neen lekkage ja", None),
        ("brand nvt lekkage badkamer", None),
        ("brand no", None),
        ("nee echt brand", "fire"),
        ("brand nee geen grap", "fire"),
        ("brand nee ik overdrijf niet", "fire"),
        ("brand no way out", "fire"),
        ("smell gas no signal no light", "gas"),
        ("no longer smell gas", None),
        ("there isn t any brand", None),
        ("brand is er niet", None),
        ("brand gaat er niet uit", "fire"),
        ("let op gevaarhj", "many"),
        ("", None),
    ],
)
def test_signs_of_danger(alarm, text, danger):
    words = text.split()
    found = alarm.find(alarm.marks(words))
    assert (found.id if found else None) == danger
    held = dict(alarm.may_ring(alarm.marks(words), np.array([0, len(words)])))
    found = alarm.find(alarm.marks(words), held[0]) if held else None
    assert (found.id if found else None) == danger


def test_danger_is_found_among_many_texts_as_alone(dutch_alarm):
    """The rarest word of a sign may be any of it, and what stands in the next text is no part of it."""
    texts = ["ik ruik iets", "het ruikt hier naar gas", "gas ruik ik", "mijn deur ruikt", "gas doet niets"] * 3
    words = [text.split() for text in [*texts, *["wat ruikt er zo"] * 40, "ik ruik geen gas", "er ruikt iemand gas"]]
    together = dutch_alarm.marks([word for own in words for word in own])
    firsts = np.cumsum([0, *map(len, words)])
    found = {}
    for text, signs in dutch_alarm.may_ring(together, firsts):
        danger = dutch_alarm.find(together.between(firsts[text], firsts[text + 1]), signs)
        found |= {text: danger.id} if danger else {}
    alone = [dutch_alarm.find(dutch_alarm.marks(own)) for own in words]
    assert found == {i: danger.id for i, danger in enumerate(alone) if danger}
    assert {1, 56} <= set(found)


def test_a_catalogue_may_tell_of_no_danger(small):
    alarm = Alarm(small.model_copy(update={"dangers": ()}))
    words = alarm.marks("ik ruik gas".split())
    assert alarm.find(words) is None
    assert [*alarm.may_ring(words, np.array([0, 3]))] == []


@pytest.fixture(scope="module")
def dutch_alarm():
    return Alarm(read_catalogue(BUNDLED))


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("In de bijkeuken ruikt het naar rotte eieren", "gas"),
        ("'t riekt hier noar gas", "gas"),
        ("de comelder blijft alarm geven", "carbon_monoxide"),
        ("van de geiser krijgen wij hoofdpijn", "carbon_monoxide"),
        ("De groepenkast knettert", "fire"),
        ("there's a smell of burning plastic upstairs", "fire"),
        ("ik kreeg een tik van de kraan", "shock"),
        ("lekkage, het druppelt in de meterkast", "shock"),
        ("het stroomt de trap af", "water"),
        ("het plafond bolt op", "water"),
        ("bij de buren stroomt rioolwater omhoog uit de afvoer", "sewage"),
        ("we hebben maar een toilet en dat is verstopt", "sewage"),
        ("er zit een kind in de lift", "lift"),
        ("de dakpannen liggen los boven de stoep", "collapse"),
        ("mijn vrouw is aan de zuurstof en alles viel uit", "cut_off"),
        ("al sinds gisteren geen druppel water", "cut_off"),
        ("ik sta buiten, de sleutels liggen binnen", "lock"),
        ("my front door won't lock", "lock"),
        ("mijn zoontje zit opgesloten in de badkamer", "lock"),
        ("buitengesloten, en de pan staat op het vuur", "lock"),
        ("het raam hangt los boven de straat", "collapse"),
        ("We can't wait any longer! Gas smell in the hall", "gas"),
        ("is there any gas smell? yes there is", "gas"),
        ("I can't find any. Gas leak in the hall", "gas"),
        ("cannot stay here any longer smoke everywhere", "fire"),
    ],
)
def test_dangers_are_known_however_tenants_put_them(dutch_alarm, text, danger):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))).id == danger


@pytest.mark.parametrize(
    ("text", "danger"),
    [
        ("Es riecht nach Gas", "gas"),
        ("Czuć gaz w kuchni", "gas"),
        ("mutfakta gaz kokusu var", "gas"),
        ("huele a gas en la cocina", "gas"),
        ("Odeur de gaz dans l'entrée", "gas"),
        ("miroase a gaz", "gas"),
        ("Сильно пахнет газом", "gas"),
        ("رائحة غاز في المطبخ", "gas"),
        ("ريحة الغاز قوية", "gas"),
        ("hay monóxido de carbono", "carbon_monoxide"),
        ("на кухні чадний газ", "carbon_monoxide"),
        ("yangın var", "fire"),
        ("هناك حريق", "fire"),
        ("zalało mi mieszkanie", "water"),
        ("L'appartement est inondé", "water"),
        ("Mein Mann schlägt mich", "person"),
    ],
)
def test_the_gravest_dangers_are_known_in_languages_of_tenants(dutch_alarm, text, danger):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))).id == danger


@pytest.mark.parametrize(
    "text",
    [
        "ik ruik geen gas, het fornuis ontsteekt niet",
        "waar hangt de gasmeter",
        "de rookmelder piept elke minuut",
        "I was shocked by the rent",
        "the lamp that I hang myself is dead",
        "iemand heeft met een mes strepen in de deur gekerfd",
        "de kraan drupt, er staat een emmer onder",
        "mijn telefoon staat vast op de wachtlijst",
        "de muur heeft al jaren een haarscheur",
        "één radiator wordt niet warm",
        "het slot van de brievenbus is kapot",
        "buiten vriest het, kan de buitenkraan dicht",
        "ik ben duizelig van al die formulieren",
        "mijn dochter is misselijk geweest",
        "mijn kind verbrandde zich aan de kraan",
        "mag de tak die over het pad hangt gesnoeid worden",
    ],
)
def test_what_only_looks_like_danger_rings_no_alarm(dutch_alarm, text):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))) is None


PLAINLY_SAID = {
    "person": """
        Er ligt iemand op de trap die niet reageert | mijn buurman reageert niet meer
        someone is lying on the stairs not responding | iemand gevallen en reageert niet | my husband is beating me
        er ligt een man op de galerij die niet beweegt
    """,
    "gas": """
        gaslugt | gaslugt in de keuken | gas lugt in huis | ik ruik gaz | smel gas | i smel gass
        it smells of gass here | the house smells gassy | ruikt naar gass | er komt gas uit de leiding
        gasslang sist maar ik ruik geen gas | de gasleiding is gebarsten | heel sterke gaslucht hier
        er stroomt gas uit | gas ontsnapping in de kelder | Rotte eieren? Nee, gas, bij de meterkast
        I smell gas no one answers | gas leak no joke | krijg de gaslucht er niet uit | gaslucht gaat er niet uit
        gaslucht is niet weg | gaslucht!! | gaz lek | gas komt uit de kraan van het fornuis | gas pipe broken
        i think there is a gas leek
    """,
    "carbon_monoxide": """
        koolmonoxide in huis | co2 melder gaat af bij de ketel | carbon monoxide alarm is ringing | kolendamp in huis
        carbon monoxide leak
    """,
    "fire": """
        my house is on fire | The house is on fire!! | there is a fire | fire in my kitchen | ons huis brandt
        help brand | the bin in the hall is on fire | kelder staat in de fik | our flat is burning
        rook uit de berging van de buren | There is smoke in the stairwell | the kitchen is full of smoke | vol rook
        vlammen uit de oven | nee, echt, er is brand! | er is brand, nee geen grap | er is brand | BRAND!!!
        brand in huis | brand brand kom snel | het brandt in de keuken | branddt in de keuken
        er is brandt in de schuur | de schuur van de buren staat in lichterlaaie | de container in de portiek fikt
        het appartement van de buren brandt | de gordijnen staan in de fik | mijn kamer staat vol met rook
        het hele trappenhuis staat vol rook | overal rook | overal vlammen | ik zie vlammen
        ik zie rook uit het dak komen | Er komt rook onder de deur van de buren door | wasmachine vliegt in brand
        de droger is in brand gevlogen | wasdroger rookt en stinkt | de vaatwasser staat te roken
        kortsluiting en nu rook in de gang | brandt bij de buren | brand bij de benedenburen
        brandje in de prullenbak | vlam in de pan | het ruikt naar rook in de hal | ik ruik een brandlugt
        the building is burning | help fire | FIRE!! | fire in the basement | house on fire
        my kitchen is on fire help | I see flames | smoke everywhere | apartment full of smoke
        thick smoke in the hallway | the dryer is smoking | the fuse box is on fire
        there's smoke coming out of the wall | the washing machine is on fire | er is brand nee echt
        help mijn keuken staat in de hens | brand op de tweede verdieping | er komt heel veel rook uit de wasmachine
        stopcontact in brand | the socket is on fire | there is fire in the bathroom | fire on the balcony
        fire in the stairwell | smoke in my flat | I smell fire | brandje in de container buiten
        help vlammen in de keuken | meterkast brandt | er brandt iets in de kelder | kelder in de brand
        neighbours house is on fire | brandende lucht uit de meterkast | rookt uit stopkontakt
    """,
    "shock": """
        ik krijg stroom van de douchekraan | er staat stroom op de kraan | the tap gives electricity
        electric shock from the tap | ik voel stroom als ik de kraan aanraak | stroom op de radiator
        I got shocked by the tap | bare wires sticking out of the wall | er komt water uit de lamp
        water drupt in de meterkast | leak through the light fitting | water coming out of the light
    """,
    "sewage": """
        sewage coming up the shower drain
    """,
    "water": """
        de meterkast staat onder water | mijn huis staat onder water | kelder onder water | my house is flooding
        the flat is flooded | flood in the kitchen | overstroming in de badkamer | het regent binnen in de slaapkamer
        in de slaapkamer hangt het plafond bol. Neen, de lichtkoepel is niet van ons
        water komt met bakken door het plafond | my bathroom is flooding | kraan afgebroken water spuit eruit
    """,
    "lift": """
        ik zit vast in de lift | stuck in the lift no signal no light
    """,
    "collapse": """
        dak ingestort | my wall collapsed | plafond naar beneden gekomen | balkon afgebroken
        het plafond is naar beneden gekomen | plafond ingestort | plafond valt naar beneden | the ceiling came down
        ceiling fell down | roof collapsed | the roof caved in | de muur is omgevallen | muur ingestort
        muur staat op instorten | schoorsteen omgevallen | de schoorsteen staat op omvallen
        schoorsteen van het dak gevallen | boom op het dak gevallen | the balcony broke off | balcony is coming loose
        balkon hangt los | het balkon staat op instorten | trap ingestort | the stairs collapsed | vloer ingezakt
        door de vloer gezakt | plafond komt naar beneden | plafond is ingestort in de slaapkamer | het dak is ingezakt
        the wall is collapsing | ceiling is coming down | my ceiling fell on my bed
        het plafond hangt heel laag naar beneden
    """,
    "cut_off": """
        we zitten zonder water | we zitten zonder stroom
    """,
    "lock": """
        kind zit opgesloten in de badkamer | kan mijn deur niet op slot doen | my door doesn't lock
        al een uur buitengesloten | ik kan mijn huis niet in | balkondeur gaat niet op slot
        mijn deur gaat niet meer op slot | the apartment door won't close | er is ingebroken en de deur is kapot
        kan mijn woning niet in | deur gaat niet op slot | my kid is stuck in the bathroom | kindje zit vast in de wc
    """,
}
"""What people write in a panic, parted by bars."""

HARMLESS = """
    gaslucht nee | brand: nee | gas smell no | gaslucht: nvt | ik ruik geen gas meer | er is geen brand
    geen gas te ruiken | no longer smell gas | we no longer smell gas | there is no fire | ik ruik helemaal geen gas
    zonder gaslucht | gaslucht is er niet | het ruikt vies maar niet naar gas | niet naar gas
    there isn't any gas smell | no smell of gas | brand neen, lekkage ja
    1. wc loopt door 2. dakgoot lekt 3. lamp hal stuk | kraan lekt en de lamp doet het niet
    De wastafel lekt. De spotjes in de keuken zijn stuk. | the tap drips and the lights in the hall are broken
    toilet lekt, en het stopcontact in de slaapkamer is los | the bathroom door doesn't close anymore
    My bike shed door doesn't close | I can't lock my shed | schuurdeur kan niet op slot
    de badkamerdeur gaat niet op slot | wc deur gaat niet meer op slot | deur van de berging gaat niet op slot
    deur van de schuur kan niet op slot | the bedroom door won't close | the toilet door doesn't lock
    the kitchen cabinet door won't close | vorig jaar buitengesloten geweest, daarom wil ik een extra sleutel
    rookmelder piept | de rookmelder piept steeds | brandtrap | de brandtrap is roestig | brandgang
    de brandgang staat vol met fietsen | gaskraan stroef | gaskraan in de keuken gaat stroef | gasfornuis
    gasfornuis vonkt niet meer | gasmeter opnemen | brandblusser | brandblusser over datum | stroomrekening
    stroomrekening te hoog | openhaard | openhaard mag die gebruikt worden | we houden van gas geven | vuurwerk
    vuurwerk in de portiek elk jaar | alles brandt weer
    de lantaarn voor de flat brandt niet
    het licht brandt | het licht in de keuken brandt niet
    waakvlam brandt niet | lampje brandt rood | het lampje op de ketel brandt rood | smoke alarm beeps
    the smoke alarm keeps beeping every minute | fire door doesn't close | the fire door in the hall doesn't close
    smoking area | the neighbours smoke on the balcony | the smoking area smells
    de lamp in de gang brandt dag en nacht | de buitenlamp brandt de hele nacht | lamp in keuken brandt niet
    licht in de berging brandt niet meer | het licht in het trappenhuis brandt altijd | de tl in de kelder brandt niet
    de verwarming brandt de hele dag, dat kost veel geld | de kachel brandt continu en dat kost klauwen vol geld
    de ketel brandt niet | het rode lampje van de boiler brandt | de cv brandt wel maar de radiator blijft koud
    mijn buurman is een heethoofd die snel ontploft | my neighbour has a fiery temper | branddeur sluit niet goed
    de branddeur klemt | de nooduitgang staat open | fire exit is blocked by bikes
    fire extinguisher in the hall is expired | fire escape is rusty | the fireplace is dirty | can I use the fireplace
    fire alarm test next week | wanneer is de brandoefening | brandverzekering afsluiten | brandalarm getest gisteren
    hoeveel gas verbruik ik | mijn gasrekening is te hoog | my gas bill is too high | gas meter reading
    gasmeter stand doorgeven | the gas stove does not light | gas stove knob is broken
    van gas los, wanneer komt de warmtepomp | gasvrij wonen | twee jaar geleden was er brand in de flat
    vorig jaar was er brand bij de buren, de muur is nog zwart
    na de brand van vorig jaar is het plafond nog niet geschilderd | last year there was a fire in the building
    brandplek op het aanrecht | brandvlek in de vloerbedekking | sigaret heeft gat gebrand in de vensterbank
    burn mark on the worktop | there is a burn in the carpet | rook van de barbecue van de buren
    buren roken op het balkon en de rook komt binnen | sigarettenrook van de buren | de rookmelder is stuk
    nieuwe rookmelders gevraagd | rookmelder hangt los | smoke detector is missing | co melder ophangen
    wanneer krijgen wij een koolmonoxidemelder | batterij van de koolmonoxidemelder leeg
    het lampje van de rookmelder knippert | schokkend hoe duur de huur is | I was shocked by the price
    stroom is duur | stroomgroep erbij gewenst | extra stopcontact in de keuken | stopcontact werkt niet
    waterdruk is laag | water komt traag uit de kraan | de kraan lekt | the tap is leaking | lift is traag
    de lift stinkt | lift buiten gebruik | het plafond moet gewit worden | balkon schilderen | balkonhek roest
    muur heeft een scheur | muren zijn vochtig | dakpan ligt scheef | boom is te hoog | deur klemt
    binnendeur sluit niet | keukenkastje sluit niet | slot van de schuur is stroef | de brievenbus kan niet op slot
    raam gaat niet dicht | kan ik een extra sleutel krijgen | een sleutel bijmaken
    I lost a spare key, how much is a copy | poep van de hond in de portiek | hondenpoep in de tuin | het riool stinkt
    de buurman zijn hond slaat aan | mijn kind slaat met de deur | vlammende ruzie met de buren
    I am fired up about this | the oven door burns my fingers when hot | kaarsen mogen branden in de hal?
    koken op gas of inductie | overstap naar inductie, gasleiding laten afdoppen | gasaansluiting verwijderen
    de brandweer heeft de rookmelders gecontroleerd | fireworks damaged the letterbox
    de gaskachel moet schoongemaakt | lamp brand niet | de lamp brand de hele dag | licht brand niet in de hal
    het lampje van de boiler brand niet | alle lampen branden weer | er brandt een lampje op de thermostaat
    er brandt geen licht in de gang | brand er licht in de berging, nee | the light is burning all night
    brand new kitchen | the brand of the boiler is Remeha | kapotte lamp, welk merk brand langer
    de waakvlam gaat steeds uit | vlam van de geiser is laag | gas aansluiten fornuis
    de flat is naar beneden gekomen in prijs | collapse of the shelf in my cupboard | plank in de kast ingestort
    gaslucht: nee, lekkage: ja | gaslucht nee brand nee schok nee | brand: nvt, lekkage badkamer
    de brandweer komt volgende week controleren | brandslang in de hal lekt niet meer | brandmelder piept
    kan de openhaard aan | the boiler is burning a lot of gas | heating burns money
    de cv vreet geld, we stoken ons arm | mijn buurvrouw is een heet hoofd | I'm burning with anger about the rent
    the flat is a dump | de flat is gerookt door de vorige bewoner | het ruikt naar sigarettenrook in de hal
    rook van sigaretten in het trappenhuis | smoke from cigarettes in the hallway | rooklucht van de buren
    de lamp boven het fornuis brandt | schoorsteen vegen | balkon schoonmaken | de balkondeur klemt
    kitchen door does not close | cupboard door wont close | my bedroom door can't lock | berging kan niet op slot
    fietsenstalling deur kan niet op slot | poort kan niet op slot | slot van mijn postvak kapot
    sleutel kwijt van de berging | stroomstoring vorige week opgelost | stroom afrekening klopt niet | water rekening
    waterdruk laag in de badkamer | the light in the bathroom flickers | the lights are out in the hall
    lamp kapot in de gang | stopcontact los | stopcontact toevoegen buiten | trap kraakt | trapleuning los
    vloer kraakt | muur schilderen | plafond heeft een vlek | ceiling has a stain | crack in the wall
    roof tiles moss | tree blocks light | fire blanket missing | fire alarm battery | fire hose cabinet open
    smoke detectors need replacement | we had a gas inspection | gas boiler maintenance | gas cooker old
    gasaansluiting | heb ik gas in de woning of inductie | wie betaalt het gas | warm water op gas?
"""
"""Words of danger without danger, parted by bars."""


def messages_of(block):
    return [message for line in block.split("\n") if line.strip() for message in line.strip().split(" | ")]


@pytest.mark.parametrize(
    ("text", "danger"), [(text, danger) for danger, block in PLAINLY_SAID.items() for text in messages_of(block)]
)
def test_the_plainest_words_of_danger_ring_its_alarm(dutch_alarm, text, danger):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))).id == danger


@pytest.mark.parametrize("text", messages_of(HARMLESS))
def test_harmless_words_and_denied_dangers_ring_no_alarm(dutch_alarm, text):
    assert dutch_alarm.find(dutch_alarm.marks(words_of(text))) is None


def test_a_person_in_need_comes_before_gas_and_gas_before_all_else(dutch_alarm):
    words = words_of("water spuit uit de muur, het ruikt naar gas en mijn man slaat me")
    assert dutch_alarm.find(dutch_alarm.marks(words)).id == "person"
    assert dutch_alarm.find(dutch_alarm.marks(words[:10])).id == "gas"
