"""Words that firms use for one another, in both languages, and words that only describe.

A class is not a concept: "hull", "husk" and "shell" of any crop, "плоскост", "плоча" and "board"
of any fibre. Texts that share a class but no word still meet, at less than a shared word's weight.
Classes also join the two languages below the level of concepts. Written from general knowledge of
the trades; one class a line (an indented line goes on with it), English before the bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from symbiosis.core.text.words import words_of

_CLASSES = """
offcut offcuts trimming trim clipping clippings cuttings scrap scraps remnant snippet edge |
  изрезка изрезки отрезка отрязък остатък парче парчета кроене
sludge slurry slime mud silt sediment dregs | утайка шлам кал тиня
dust fines powder flour particulate microfine | прах пудра брашно ситнеж финес
shaving shavings chips chip turnings swarf planings | стружка стружки стърготини талаш треска
  трески чипс
husk hull shell shells hulls chaff skin peel rind peeling peelings | люспа люспи черупка черупки
  обвивка обвивки шлюпка плява кора кори обелка обелки ципа ципи
straw stalk stem haulm stover stubble | слама стъбло стъбла стебло стебла сламка
pomace marc press-cake presscake pulp pressings | джибри пресовки каша кюспе пулп
stone pit kernel pits seed seeds | костилка костилки ядка семка семки семе семена
manure dung droppings muck excrement faeces slurry | тор оборска тор изпражнения постеля
  екскременти
bedding litter | постеля постелки подстилка
feed fodder ration forage feedstuff meal nutrition | фураж храна дажба изхранване захранка
cattle cow cows bull dairy bovine ruminant livestock | говеда крави добитък преживни телета бик
pig pigs swine hog piglet sow pork | свиня свине прасе прасенца свински
poultry hen hens chicken broiler layer turkey | птици кокошки пиле пилета бройлери птичи
sheep goat lamb fleece | овце овча кози агнета руно
pet dog cat pets dogs cats | любимци куче котка кучета котки
horse horses equine riding | кон коне конски езда
fish seafood marine trout salmon cod shrimp | риба рибни морски пъстърва сьомга треска
garden gardening horticulture landscaping park lawn flowerbed | градина градинарство озеленяване
  парк тревни
greenhouse glasshouse hothouse | оранжерия оранжерии парник парници
field farmland arable crop crops agricultural soil land | нива ниви поле поля земеделски почва
  култури
fertiliser fertilizer nutrient manuring plant-food | тор торове наторяване подхранване
vegetable vegetables tomato carrot potato cucumber | зеленчук зеленчуци домат домати морков картоф
fruit fruits apple grape berry orange | плод плодове ябълка грозде овощни
grain cereal cereals wheat barley corn maize rye | зърно зърнени пшеница ечемик царевица ръж житни
bread bakery biscuit pastry dough wafer | хляб хлебни бисквити тестени вафли сладкарски
brewery brewing beer brewers malt | пивоварна пиво бира пивна малц
distillery distilling spirit spirits vodka whisky brandy alcohol ethanol | дестилерия спирт
  спиртоварна ракия алкохол етанол
winery wine vineyard grape | винарна вино винен лозе грозде лозов
dairy milk cheese whey yoghurt | мандра мляко млечен сирене суроватка
slaughterhouse abattoir slaughter meat butchery | кланица клане месо месокомбинат
oil fat grease tallow lard lipid | масло мазнина мазнини лой мас олио
sugar molasses syrup sweetener beet sucrose | захар меласа сироп цвекло захарен
starch glucose dextrin | нишесте глюкоза
yeast ferment fermentation brewer | мая дрожди ферментация
biogas methane digester digestion anaerobic fermenter | биогаз метан метантанк анаеробен гниене
  изгниване ферментатор
compost composting humus | компост компостиране хумус
mulch groundcover | мулч покривен
mushroom mushrooms champignon oyster | гъби гъба печурка кладница печурки
timber wood wooden lumber log board plank | дървесина дърво дървен дъска дъски трупи греди
sawmill sawing saw | дъскорезница бичене банциг
panel panels board boards chipboard particleboard fibreboard sheet slab | плоскост плоскости плоча
  плочи панел панели лист табла
furniture upholstery sofa mattress cushion | мебел мебели тапицерия диван матрак дунапрен
  възглавница
paper cardboard carton board corrugated | хартия картон велпапе кашон кашони хартиен
tissue hygiene toilet napkin diaper nappy wipes | салфетки хигиенни тоалетна пелени кърпички
  памперс
cellulose pulp viscose lyocell | целулоза целулозна вискоза
bark debarking | кора обелване белене
cloth fabric textile textiles material garment clothes clothing apparel | плат тъкан текстил дрехи
  облекло конфекция дреха
yarn thread spinning fibre filament | прежда нишка предачница влакно влакна конец
weaving knitting woven knitted loom | тъкане плетене тъкачен трикотаж плетиво
cotton linter lint | памук памучен линтер
wool fleece scouring | вълна вълнен руно пране
leather hide hides tannery tanning pelt | кожа кожи кожарски щавене дъбене
dye dyeing dyestuff colour pigment colouring | багрило багрилен боядисване оцветител пигмент цвят
rag wiper wipers cleaning cloth | парцал парцали кърпи почистващи
stuffing filling padding fill wadding | пълнеж пълнител ватиране вата
felt fleece nonwoven | филц нетъкан войлок
carpet rug flooring underlay | килим мокет настилка подложка черга
insulation insulating insulator thermal loft lagging | изолация изолационен топлоизолация
  изолационни
acoustic sound noise soundproofing damping absorber | звук шум шумоизолация шумопоглъщащ акустичен
  звукоизолация
shoe footwear sole soles | обувки обувка подметка подметки
bag bags sack sacks tote | чанта чанти торба торби чувал чували
foam foamed polyurethane sponge | пяна дунапрен полиуретан разпенен
film foil wrap sheeting stretch | фолио найлон стреч обвивка
bottle bottles flask jar | бутилка бутилки шише буркан
can cans tin tins drum drums barrel canister | кутия кутии кен кенчета варел варели туба туби
crate crates box boxes pallet pallets tray | каса каси щайга щайги палет палети кутия кашон
plastic plastics polymer resin polyolefin | пластмаса пластмаси пластмасов полимер смола
  полиолефин
polyethylene hdpe ldpe pe polythene | полиетилен полиетиленов
polypropylene pp | полипропилен полипропиленов
polystyrene styrofoam eps styrene hips | полистирен стиропор полистирол
polyester pet terephthalate | полиестер полиестерен пет
nylon polyamide pa6 caprolactam | найлон полиамид капролактам
pvc vinyl polyvinyl | пвц поливинилхлорид винил
rubber tyre tyres tire tires elastomer | гума гуми каучук гумен автогуми
granules granulate pellets pellet regranulate regrind flakes | гранули гранулат пелети регранулат
  смлян флейки
compound compounding masterbatch | компаунд компаундиране
moulding injection moulded extrusion extruded | шприцване формоване лят екструдиране екструзия
filler extender loading | пълнител пълнеж добавка
lumber decking bench post fence sleepers | профили дъски пейка колове ограда траверси
pipe pipes tube conduit drain | тръба тръби дренаж
vehicle car cars automotive truck bus motor | автомобил автомобили кола автомобилен камион автобус
  мотор
bumper dashboard headlamp chassis underbody interior | броня брони табло фар шаси тапицерия салон
electronic electronics computer circuit printed appliance weee | електронен електроника компютър
  платка платки уреди електроуреди
battery batteries accumulator | батерия батерии акумулатор акумулатори
cable cables wire | кабел кабели проводник
glass cullet windscreen window | стъкло стъклен стъкла прозорец
ceramic ceramics porcelain tile tiles earthenware | керамика керамичен порцелан плочки керемиди
  фаянс
brick bricks clay | тухла тухли глина тухларна
refractory refractories lining chamotte firebrick | огнеупор огнеупори футеровка шамот
cement clinker portland | цимент клинкер циментов
concrete mortar precast paver paving | бетон разтвор бетонов паваж павета
plaster gypsum plasterboard drywall wallboard | гипс гипсов мазилка гипсокартон
lime calcium limestone quicklime carbonate | вар варов калций варовик калциев карбонат
asphalt bitumen pavement mastic | асфалт битум асфалтов
aggregate gravel sand ballast stone crushed rubble | пясък чакъл инертен трошен камък добавъчен
road roads highway subbase sub-base embankment | път пътища пътен пътна насип основа
fill backfill reclamation levelling capping | засипване насипване запълване рекултивация насип
building construction demolition site | строителен строителство строеж разрушаване сграда
slag slags cinder clinker | шлака шлаки сгурия
ash ashes fly-ash | пепел пепели пепелина
furnace kiln oven burner | пещ пещи горелка фурна
smelter smelting melting remelt melt foundry casting | топене претопяване стопилка леярна отливане
  леене шихта
steel iron ferrous steelworks mill | стомана желязо железен чугун стоманодобив
aluminium aluminum | алуминий алуминиев
copper brass bronze | мед меден месинг бронз
zinc galvanising galvanizing | цинк цинков поцинковане
lead plumbic | олово оловен
precious gold silver platinum | благороден злато сребро платина ценни
metal metals metallic alloy | метал метали метален сплав
abrasive blasting grit | абразив абразивен бластиране песъкоструене
acid acidic | киселина киселинен кисел
alkali alkaline caustic lye soda | луга алкален натриева основа сода
sulphur sulfur sulphuric sulphate sulfate | сяра серен сулфат сярна
chlorine chloride hydrochloric | хлор хлорид солна
ammonia ammonium nitrogen urea | амоняк амониев азот азотен карбамид
phosphorus phosphate phosphoric | фосфор фосфат фосфорен
potassium potash | калий калиев поташ
salt brine sodium | сол солен саламура натриев
coagulant flocculant flocculating | коагулант флокулант
neutralising neutralisation neutralization neutralize | неутрализация неутрализиране
sorbent absorbent adsorbent absorber absorbing | сорбент абсорбент попиващ поглъщащ адсорбент
solvent thinner solvents | разтворител разтворители разредител
lubricant grease lubricating oil | смазка грес смазочен масло
catalyst catalytic | катализатор каталитичен
paint coating varnish lacquer ink | боя бои лак покритие мастило
soap detergent surfactant washing | сапун препарат миещ перилен
cosmetic cosmetics cream skincare care | козметика козметичен крем грижа
pharmaceutical medicine drug supplement nutraceutical | фармацевтичен лекарство лекарствен добавка
glue adhesive gelatine binder | лепило туткал желатин свързващо
collagen peptide protein amino | колаген пептид протеин белтък белтъчен аминокиселина
hydrogen h2 | водород
co2 carbon dioxide carbonic | co2 диоксид въглероден двуокис
gas offgas tailgas vent | газ газове газов
steam vapour vapor | пара парен
heat heating warm warmth hot thermal | топлина топлинен топъл топла гореща отопление подгряване
cooling cold chill refrigeration chilled cool | студ охлаждане охладителен хлад хладилен
water aqueous wastewater effluent | вода водa води воден отпадъчни
process-water washing rinse rinsing dilution | промиване измиване изплакване разреждане
boiler boilers burner stove | котел котли котелно горелка печка
fuel combustible energy firing burn | гориво горивен енергия изгаряне горене
briquette briquettes logs | брикет брикети
power electricity electric station | електричество ток електроцентрала електрически
district homes residential houses housing flats apartments town city | топлофикация домакинства
  жилища домове град жилищен
coal lignite charcoal coke | въглища лигнит кокс въглен кюмюр
diesel biodiesel biofuel petrol | дизел биодизел биогориво бензин
ship hull vessel boat marine | кораб кораби корпус лодка
aquaculture pond hatchery fishfarm | аквакултури рибарник басейн люпилня езеро
algae seaweed spirulina | водорасли микроводорасли
irrigation fertigation watering | напояване поливане поливна
filter filtration membrane | филтър филтриране филтърен мембрана
household municipal domestic kitchen canteen | битов битови домакински общински кухненски столова
restaurant catering hotel cafe | ресторант ресторанти заведение хотел кафене
supermarket retail store shop | магазин магазини супермаркет търговски вериги
charity donation social poor | благотворителност дарение социална
hospital medical healthcare clinic | болница медицински здравни
toy toys plush | играчка играчки плюшен
gelling pectin thickener jam | желиращ пектин сгъстител сладко конфитюр
flavour aroma fragrance scent perfume essential | аромат ароматен ухание парфюм етерично
antioxidant polyphenol extract extraction | антиоксидант полифенол екстракт извличане
coffee espresso | кафе кафеен
tea herb herbal | чай билка билки билков
cocoa chocolate | какао шоколад
soy soya soybean | соя соев
sunflower | слънчоглед слънчогледов
rapeseed canola oilseed | рапица рапичен маслодаен
olive olives | маслина маслини маслинов
egg eggs | яйце яйца яйчен
bone bones horn | кост кости рога костен
blood plasma | кръв плазма кръвен
feather feathers down | пера перо пух перушина
hair bristle bristles | косъм косми четина
silk cocoon | коприна пашкул
hemp flax linen jute | коноп лен конопен ленен юта
sponge wipe absorb | гъба попивам
pozzolan pozzolanic hydraulic supplementary | пуцолан пуцоланов хидравличен
silica silicon quartz | силициев силиций кварц
alumina bauxite | алуминиев триоксид боксит глинозем
magnesia magnesite | магнезит магнезий
titanium pigment | титан титанов
server datacentre data computing | сървър сървъри център данни
"""

_DESCRIBING = """
waste wastes residue residues residual by-product byproduct spent used old worn discarded surplus
excess unwanted rejected reject rejects off-spec broken damaged clean dirty contaminated wet dry
dried fresh mixed sorted loose bulk baled collected separated removed recovered recycled secondary
left leftover remaining light heavy fine coarse small large long short empty raw crude natural
local own high low rich poor grade quality type kind source feedstock input material raw stock
substitute replacement alternative additive component ingredient use production making manufacture
manufacturing processing plant factory mill works industry industrial line unit system end life
first second final pre post cheap low-cost renewable green new whole single free based containing
| отпадък отпадъчен отпадъци отпадна отпадни остатък остатъци остатъчен страничен продукт отработен
използван употребяван стар стари износен бракуван излишен излишък излишни негоден счупен повреден
чист мръсен замърсен мокър сух сушен изсушен пресен смесен сортиран насипен балиран събран отделен
отстранен възстановен рециклиран вторичен лек тежък ситен едър малък голям дълъг къс празен суров
натурален естествен местен висок нисък богат беден клас качество вид тип източник суровина материал
заместител алтернативен алтернативна добавка компонент съставка производство преработка завод
фабрика цех промишлен индустриален линия инсталация система край нов цял единичен свободен евтин
"""

DESCRIBING_WEIGHT = 0.45
CLASS_WEIGHT = 0.6


def _stems(words: str) -> set[str]:
    return {word.stem for word in words_of(words)}


@cache
def describing() -> frozenset[str]:
    """Stems of words that say in what state a thing is, not what it is."""
    return frozenset(_stems(_DESCRIBING))


@cache
def classes() -> Mapping[str, tuple[str, ...]]:
    """Stem -> marks of the classes it belongs to."""
    found: dict[str, list[str]] = {}
    for line in _CLASSES.replace("\n  ", " ").strip().splitlines():
        mark = "≈" + line.split()[0]
        for stem in sorted(_stems(line)):
            found.setdefault(stem, []).append(mark)
    return {stem: tuple(marks) for stem, marks in found.items()}
