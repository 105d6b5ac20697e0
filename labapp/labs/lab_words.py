"""The words for what labs are made of, as pages and letters say them."""

from labapp.i18n import lazy_gettext as _l
from labapp.labs.lab_models import (
    JoinPolicy,
    LabRoleKind,
    LabVisibility,
    MemberListVisibility,
    MembershipKind,
    PostingPolicy,
    ReviewPolicy,
    Side,
)

VISIBILITY = {
    LabVisibility.PRIVATE: _l("Besloten: alleen wie meedoet weet dat het er is"),
    LabVisibility.PROGRAMME: _l("Voor iedereen die bij een school of instelling werkt"),
    LabVisibility.PUBLIC: _l("Openbaar: voor iedereen, ook zonder account"),
}
VISIBILITY_SHORT = {
    LabVisibility.PRIVATE: _l("Besloten"),
    LabVisibility.PROGRAMME: _l("Binnen het programma"),
    LabVisibility.PUBLIC: _l("Openbaar"),
}
MEMBER_LIST = {
    MemberListVisibility.MEMBERS: _l("Alleen wie meedoet"),
    MemberListVisibility.READERS: _l("Iedereen die het lab mag lezen"),
}
JOIN = {
    JoinPolicy.REQUEST: _l("Een school kan zelf vragen om mee te doen"),
    JoinPolicy.INVITATION: _l("Alleen op uitnodiging"),
}
POSTING = {
    PostingPolicy.MEMBERS: _l("Wie meedoet"),
    PostingPolicy.GUESTS: _l("Ook gasten: wie het lab mag lezen en ergens werkt"),
    PostingPolicy.LEADS: _l("Alleen de trekkers"),
}
REVIEW = {
    ReviewPolicy.INVITED: _l("Wie een redacteur vraagt"),
    ReviewPolicy.OPEN: _l("Ook wie de bevinding aantoonbaar gebruikte"),
}
KINDS = {
    MembershipKind.CO_CREATING: _l("Co-creërende vestiging"),
    MembershipKind.PARTICIPATING: _l("Deelnemende vestiging"),
    MembershipKind.RESEARCH: _l("Onderzoek"),
    MembershipKind.OBSERVER: _l("Meekijker"),
}
KIND_HINTS = {
    MembershipKind.CO_CREATING: _l("ontwikkelt de aanpak samen met onderzoekers"),
    MembershipKind.PARTICIPATING: _l("voert een aanpak uit en volgt wat die oplevert"),
    MembershipKind.RESEARCH: _l("onderzoekt samen met de scholen"),
    MembershipKind.OBSERVER: _l("leest mee en werkt niet mee"),
}
ROLES = {
    LabRoleKind.LEAD: _l("Trekker"),
    LabRoleKind.RESEARCHER: _l("Onderzoeker"),
    LabRoleKind.TEACHER: _l("Leraar"),
    LabRoleKind.COACH: _l("Coach"),
    LabRoleKind.OBSERVER: _l("Meekijker"),
}
SIDES = {Side.PRACTICE: _l("Praktijk"), Side.RESEARCH: _l("Onderzoek")}
