"""Words the fictional market is made of. Every organisation here is invented."""

from __future__ import annotations

from dataclasses import dataclass

from marketplace.catalogue.models import Pillar


@dataclass(frozen=True, slots=True)
class Trade:
    """A line of business the market holds: NACE class, pillar and how such a firm is called."""

    nace: str
    pillar: str
    word_bg: str
    word_en: str
    weight: int


TRADES = (
    Trade("01.41", Pillar.AGRARIAN, "Агромлеч", "Dairy Farm", 5),
    Trade("01.11", Pillar.AGRARIAN, "Зърно", "Grain", 4),
    Trade("01.47", Pillar.AGRARIAN, "Птици", "Poultry Farm", 3),
    Trade("01.13", Pillar.AGRARIAN, "Зеленчук", "Greenhouses", 3),
    Trade("10.11", Pillar.AGRARIAN, "Месо", "Meat", 4),
    Trade("10.20", Pillar.AGRARIAN, "Рибпром", "Fish", 1),
    Trade("10.39", Pillar.AGRARIAN, "Консерв", "Cannery", 4),
    Trade("10.41", Pillar.AGRARIAN, "Олио", "Oil Mill", 4),
    Trade("10.51", Pillar.AGRARIAN, "Млекопром", "Dairy", 5),
    Trade("10.61", Pillar.AGRARIAN, "Мелница", "Mill", 3),
    Trade("10.71", Pillar.AGRARIAN, "Хляб", "Bakery", 4),
    Trade("10.91", Pillar.AGRARIAN, "Фураж", "Feed", 4),
    Trade("11.01", Pillar.AGRARIAN, "Дестил", "Distillery", 2),
    Trade("11.02", Pillar.AGRARIAN, "Винпром", "Winery", 4),
    Trade("11.05", Pillar.AGRARIAN, "Пивоварна", "Brewery", 3),
    Trade("13.10", Pillar.TEXTILE, "Прежда", "Spinning", 4),
    Trade("13.20", Pillar.TEXTILE, "Тъкачница", "Weaving", 4),
    Trade("13.30", Pillar.TEXTILE, "Багрене", "Dyeing", 2),
    Trade("13.92", Pillar.TEXTILE, "Хоумтекс", "Home Textiles", 4),
    Trade("13.95", Pillar.TEXTILE, "Нетъкан", "Nonwovens", 3),
    Trade("14.13", Pillar.TEXTILE, "Конфекция", "Garments", 7),
    Trade("14.31", Pillar.TEXTILE, "Чорап", "Hosiery", 2),
    Trade("15.11", Pillar.TEXTILE, "Кожа", "Leather", 2),
    Trade("15.20", Pillar.TEXTILE, "Обувки", "Shoes", 3),
    Trade("22.21", Pillar.PLASTICS, "Профил", "Plastic Profiles", 4),
    Trade("22.22", Pillar.PLASTICS, "Опаковка", "Packaging", 6),
    Trade("22.29", Pillar.PLASTICS, "Пласт", "Plastics", 5),
    Trade("20.16", Pillar.PLASTICS, "Полимер", "Polymers", 2),
    Trade("17.21", Pillar.PLASTICS, "Велпапе", "Corrugated Board", 4),
    Trade("17.12", Pillar.PLASTICS, "Хартия", "Paper Mill", 2),
    Trade("38.32", Pillar.PLASTICS, "Рециклинг", "Recycling", 5),
    Trade("16.10", "", "Дървопласт", "Sawmill", 3),
    Trade("16.21", "", "Фурнир", "Boards", 2),
    Trade("23.32", "", "Керамика", "Bricks", 2),
    Trade("23.51", "", "Цимент", "Cement", 1),
    Trade("23.61", "", "Бетон", "Concrete", 3),
    Trade("23.13", "", "Стъкло", "Glass", 1),
    Trade("24.10", "", "Стомана", "Steel", 1),
    Trade("24.51", "", "Леяр", "Foundry", 2),
    Trade("25.11", "", "Метал", "Metalworks", 3),
    Trade("35.11", "", "Енерго", "Energy", 2),
    Trade("35.30", "", "Топло", "Heat", 2),
    Trade("36.00", "", "Води", "Water", 1),
    Trade("38.21", "", "Екокомпост", "Compost", 3),
)

STEMS_BG = (
    "Загоре", "Струма", "Родопа", "Искър", "Марица", "Тунджа", "Пирин", "Рила", "Балкан", "Вихър",
    "Здравец", "Перун", "Орфей", "Мизия", "Тракия", "Добруджа", "Ком", "Янтра", "Арда", "Вит",
    "Осъм", "Камчия", "Бели брод", "Чинар", "Липа", "Буря", "Изгрев", "Надежда", "Ралица", "Зора",
)  # fmt: skip
STEMS_EN = (
    "Zagore", "Struma", "Rodopa", "Iskar", "Maritsa", "Tundzha", "Pirin", "Rila", "Balkan", "Vihar",
    "Zdravets", "Perun", "Orfey", "Miziya", "Trakia", "Dobrudzha", "Kom", "Yantra", "Arda", "Vit",
    "Osam", "Kamchia", "Beli Brod", "Chinar", "Lipa", "Burya", "Izgrev", "Nadezhda", "Ralitsa",
    "Zora",
)  # fmt: skip
FORMS = (("ООД", "Ltd"), ("ЕООД", "EOOD"), ("АД", "JSC"), ("ЕАД", "EAD"))

MARK_BG = "(измислена)"
MARK_EN = "(fictional)"

CLUSTERS = (
    ("demo-cluster-textile", "Клъстер „Нишка“ (измислен)", "Thread Cluster (fictional)",
     Pillar.TEXTILE, "BG"),
    ("demo-cluster-bio", "Клъстер „Житен клас“ (измислен)", "Wheat Ear Cluster (fictional)",
     Pillar.AGRARIAN, "BG"),
    ("demo-cluster-danube", "Клъстер „Отвъд Дунав“ (измислен)", "Across the Danube (fictional)",
     Pillar.PLASTICS, "RO"),
)  # fmt: skip

OTHERS = (
    ("academic", "Институт по нишки и полимери (измислен)", "Institute of Fibres (fictional)"),
    ("academic", "Висше училище по храни (измислено)", "School of Food Studies (fictional)"),
    ("academic", "Лаборатория „Кръг“ (измислена)", "Circle Laboratory (fictional)"),
    ("municipality", "Община Кръгово (измислена)", "Municipality of Kragovo (fictional)"),
    ("municipality", "Община Нова ливада (измислена)", "Municipality of Livada (fictional)"),
    ("ngo", "Сдружение „Без остатък“ (измислено)", "No Leftovers Association (fictional)"),
    ("branch", "Браншови съюз „Опаковка“ (измислен)", "Packaging Union (fictional)"),
)

OFFER_NOTES = (
    ("Получава се при обичайната работа, складира се на закрито.",
     "Arises in normal operation, kept under a roof."),
    ("Извозва се с наш или чужд камион, товарим с челен товарач.",
     "Collected by our or your truck, loaded by wheel loader."),
    ("Сортирано на място, без чужди примеси.", "Sorted on site, free of foreign matter."),
    ("Готови сме да дадем проба.", "A sample can be provided."),
    ("Досега се предава за обезвреждане.", "So far handed over for disposal."),
)  # fmt: skip
NEED_NOTES = (
    ("Приемаме целогодишно, имаме кантар.", "Taken in all year, weighbridge on site."),
    ("Нужен е постоянен доставчик.", "A steady supplier is wanted."),
    ("Проверяваме качеството при доставка.", "Quality is checked on delivery."),
    ("Може и на по-малки партиди.", "Smaller lots are welcome too."),
    ("Заменяме купувана суровина.", "It replaces a bought raw material."),
)  # fmt: skip
