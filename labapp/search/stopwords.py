"""Words that say nothing about what a text is about, for each language. Written without accents."""

_DUTCH = (
    "aan af al alle alleen allemaal alles als alsnog altijd ander andere anders ben beide bent "
    "bij binnen boven buiten daar daarbij daardoor daarin daarmee daarna daarom daarop daarvan "
    "dan dat de den der deze die dit doe doen doet door dus echt een eens elk elke elkaar en "
    "enkele er ergens erg ermee eruit ervan even gaan gaat ga geef geen geven geweest gewoon "
    "graag haar had hadden heb hebben hebt heeft heel hem hen het hier hierbij hij hoe hoewel "
    "hun iemand iets ik in is ja je jij jou jouw jullie juist kan kon konden krijg krijgen kun "
    "kunnen kunt laat laten liever maak maar maken me mee meer meest mensen met mij mijn "
    "mijzelf misschien moet moeten mogen mag na naar naast nadat net niemand niet niets niks "
    "nog nooit nou nu of om omdat onder ons onze ook op over overal per rond samen sinds soms "
    "sommige steeds straks te tegen ten ter terwijl toch toen tot totdat tussen tijdens u uit "
    "uw vaak van vanaf vanuit vanwege veel via voor vooral voordat waar waaraan waarbij "
    "waardoor waarin waarmee waarom waarop waarvan waarvoor wanneer want waren was wat we weer "
    "wel welk welke werd wie wij wil willen word worden wordt wou zal ze zeer zei zelf zelfs "
    "zeker zich zichzelf zij zijn zin zo zoals zodat zodra zonder zou zouden zowel zulke zullen "
    "zult "
)

_ENGLISH = (
    "a about after again all also although am an and any are aren as at be because been before "
    "being between both but by can cannot could couldn did didn do does doesn doing don down "
    "during each either else every few for from further get gets getting give gives go goes had "
    "has hasn have having he her here hers him his how however i if in into is isn it its "
    "itself just ll let make makes making may me might mine more most must my myself no nor not "
    "now of off on once one only or other our ours out over own quite rather re s same shall "
    "she should shouldn so some still such t than that the their theirs them themselves then "
    "there these they this those though through to too under until up upon us ve very via was "
    "wasn we were weren what when where whether which while who whom whose why will with within "
    "without won would wouldn yes yet you your yours "
)

DUTCH = frozenset(_DUTCH.split())
ENGLISH = frozenset(_ENGLISH.split())

BY_LANGUAGE = {"nl": DUTCH, "en": ENGLISH}
